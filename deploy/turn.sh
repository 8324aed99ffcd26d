#!/bin/sh
# Starts TURN with its secret in a file of its own: arguments are read by everybody on the machine (ps). The program reads
# its file twice, so it cannot be standard input. TLS_NAME: it speaks TLS as well, by the certificate of this name in
# /certificates (deploy/certificates.sh), and notices when there is a new one.
set -eu
umask 077
secret=$TURN_SECRET
unset TURN_SECRET
certificate=/certificates/${TLS_NAME:-}.crt
key=${certificate%.crt}.key
# Before looking whether it is there: what comes between the two is then noticed as new.
known=$(cksum "$certificate" 2>/dev/null) || true
tls=no
[ -s "$certificate" ] && [ -s "$key" ] && tls=yes
{
    cat /etc/coturn/turnserver.conf
    printf 'static-auth-secret=%s\n' "$secret"
    case $tls in
        yes) printf 'cert=%s\npkey=%s\n' "$certificate" "$key" ;;
        no) echo no-tls ;;
    esac
} >/tmp/turnserver.conf
unset secret

# Beside the program, whose process this one becomes. It reads a renewed certificate when it is told to, and what is allocated
# goes on; only for the first one it starts anew (docker-compose.yml lets it), when nobody has come by TLS yet.
watch() {
    while sleep "${LOOK_EVERY:-60}" && kill -0 $$; do
        now=$(cksum "$certificate" 2>/dev/null) || continue
        if [ "$now" != "$known" ]; then
            known=$now
            case $tls in
                yes) kill -USR2 $$ ;;
                no) kill -TERM $$ ;;
            esac
        fi
    done
}
[ -z "${TLS_NAME:-}" ] || watch &

exec turnserver -c /tmp/turnserver.conf "$@"
