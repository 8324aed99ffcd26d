#!/bin/sh
# Starts TURN with its secret in a file of its own: arguments are read by everybody on the machine (ps). The program reads
# its file twice, so it cannot be standard input.
set -eu
umask 077
{
    cat /etc/coturn/turnserver.conf
    printf 'static-auth-secret=%s\n' "$TURN_SECRET"
} >/tmp/turnserver.conf
unset TURN_SECRET
exec turnserver -c /tmp/turnserver.conf "$@"
