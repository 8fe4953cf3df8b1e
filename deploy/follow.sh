#!/bin/sh
# The entry point of both databases where there is a standby (compose.standby.yaml). An empty one that ATTAIN_COPIES
# names another for is made a standby of that: by a copy of it, from where it then follows its log, first as it is
# archived, then as it is written. It takes no writes until it is promoted (promote.sh). An empty one that is to copy none
# is made anew only where there never was a database: what was written to it would not be in the one that is.
set -eu
chown postgres:postgres /backups

# in memory, and written at each start: so a new password is known after a restart
passwords=/tmp/replication
(umask 077 && sed 's/[\\:]/\\&/g; s/^/*:*:*:attain_replication:/' /run/secrets/attain_database_password >"$passwords")
chown postgres:postgres "$passwords"

if [ -n "${ATTAIN_COPIES:-}" ] && [ ! -e "$PGDATA/PG_VERSION" ]; then
  chown postgres:postgres "$PGDATA"
  chmod 700 "$PGDATA"
  source="host=$ATTAIN_COPIES user=attain_replication passfile=$passwords application_name=$ATTAIN_NAME target_session_attrs=primary"
  rm -rf "$PGDATA/new"
  tries=30
  until setpriv --reuid=postgres --regid=postgres --clear-groups pg_basebackup \
    --pgdata="$PGDATA/new" --dbname="$source" --write-recovery-conf --checkpoint=fast --wal-method=stream; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ]; then exit 1; fi
    echo "waiting for $ATTAIN_COPIES to take us as a standby: standby.sh makes it" >&2
    sleep 2
  done
  mv "$PGDATA/new"/* "$PGDATA"
  rmdir "$PGDATA/new"
fi

if [ "${1:-}" = postgres ] && [ ! -e "$PGDATA/PG_VERSION" ] && [ -z "${ATTAIN_NEW_DATABASE:-}" ]; then
  for kept in /backups/*/wal; do
    if [ -d "$kept" ]; then
      echo "✗ $PGDATA is empty, but there was a database: its log is in $kept. Promote the other (promote.sh), copy it" >&2
      echo "  (standby.sh OTHER $ATTAIN_NAME) or restore it; ATTAIN_NEW_DATABASE=yes begins from nothing" >&2
      exit 1
    fi
  done
fi

if [ "${1:-}" = postgres ] && [ -e "$PGDATA/PG_VERSION" ]; then
  system=$(LC_ALL=C pg_controldata "$PGDATA" | sed -n 's/^Database system identifier: *//p')
  set -- "$@" "-crestore_command=sh /etc/attain/backup/fetch.sh /backups/${system:?}/wal %f %p"
fi
exec docker-entrypoint.sh "$@"
