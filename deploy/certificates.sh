#!/bin/sh
# Hands coturn its own certificates out of all that Caddy has, and no others: NAME.crt and NAME.key in /turn for each name
# that is an argument, once they are there and whenever they were renewed. Caddy's folder is named for who issued them.
set -eu
umask 027
while :; do
    for name; do
        new=$(ls -t /caddy/caddy/certificates/*/"$name/$name.crt" 2>/dev/null | head -n 1)
        key=${new%.crt}.key
        if [ -z "$new" ] || [ ! -s "$key" ] || { cmp -s "$new" "/turn/$name.crt" && cmp -s "$key" "/turn/$name.key"; }; then
            continue
        fi
        # The key first: whoever sees a new certificate finds its key.
        cp "$key" "/turn/$name.key.new" && mv "/turn/$name.key.new" "/turn/$name.key"
        cp "$new" "/turn/$name.crt.new" && mv "/turn/$name.crt.new" "/turn/$name.crt"
        echo "a new certificate for $name"
    done
    sleep "${LOOK_EVERY:-60}"
done
