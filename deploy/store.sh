#!/bin/sh
# Starts the store with its password on standard input: arguments are read by everybody on the machine (ps).
set -eu
umask 077
password=$STORE_PASSWORD
unset STORE_PASSWORD
exec valkey-server "$@" - <<END
requirepass "$password"
END
