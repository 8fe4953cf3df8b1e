#!/bin/sh
# Starts Redis as its own user. The password goes by standard input: a command line is there for all to read.
set -eu
password=$(cat /run/secrets/attain_redis_password)
chown redis: /data
exec setpriv --reuid=redis --regid=redis --init-groups redis-server - <<END
bind * -::*
requirepass "${password:?the secret attain_redis_password is empty}"
dir /data
appendonly yes
save ""
maxmemory 192mb
maxmemory-policy noeviction
END
