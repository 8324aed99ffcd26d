#!/bin/sh
# Starts the store with its users (store.acl) on standard input: arguments are read by everybody on the machine (ps). Of passwords it
# is given hashes alone.
set -eu
umask 077
hashed() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }
users=$(
	STORE_PASSWORD=$(hashed "$STORE_PASSWORD") STORE_LOADER_PASSWORD=$(hashed "$STORE_LOADER_PASSWORD")
	export STORE_PASSWORD STORE_LOADER_PASSWORD
	awk '
		function finish() {
			while (match(line, /<[A-Z_]+>/)) {
				name = substr(line, RSTART + 1, RLENGTH - 2)
				line = substr(line, 1, RSTART - 1) ENVIRON[name] substr(line, RSTART + RLENGTH)
			}
			print line
		}
		/^(#|$)/ { next }
		/^ / { line = line $0; next }
		{ if (line) finish(); line = $0 }
		END { finish() }
	' "${0%/*}/store.acl"
)
unset STORE_PASSWORD STORE_LOADER_PASSWORD
exec valkey-server "$@" - <<END
$users
END
