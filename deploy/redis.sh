#!/bin/sh
# Starts Redis as its own user. The password goes by standard input: a command line is there for all to read.
set -eu
password=$(cat /run/secrets/attain_redis_password)
case $password in
  "" | *[!A-Za-z0-9._-]*) echo "the secret attain_redis_password must be letters, digits, and . _ -" >&2 && exit 1 ;;
esac
chown redis: /data
exec setpriv --reuid=redis --regid=redis --init-groups redis-server - <<END
bind * -::*
requirepass $password
dir /data
appendonly yes
save ""
maxmemory 192mb
maxmemory-policy noeviction
END
