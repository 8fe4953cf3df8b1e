#!/bin/sh
# base.sh FOLDER [KEEP]: copies the running database to FOLDER/<system>/base/<time>, verifies the copy against its
# manifest and its log, and only then gives it its name. Keeps the newest KEEP (7) copies, and of the archived log what
# these need. Not of a standby, whose branch may be a dead one: its copies would push out the good ones. How to connect is in libpq's variables: within the container nothing is needed.
set -eu
umask 027
folder=$1 keep=${2:-7}
[ "$keep" -ge 1 ]
if [ "$(psql -XAtd postgres -c 'SELECT pg_is_in_recovery()')" != f ]; then
  echo "✗ this database takes no writes: copy the one that does" >&2
  exit 1
fi
system=$(psql -XAtd postgres -c 'SELECT system_identifier FROM pg_control_system()')
bases=$folder/$system/base wal=$folder/$system/wal
if [ ! -d "$wal" ] && [ "$(psql -XAtd postgres -c 'SELECT archived_count > 0 FROM pg_stat_archiver')" = t ]; then
  echo "✗ $wal is gone: is its disk mounted?" >&2
  exit 1
fi
name=$(date -u +%Y-%m-%dT%H%M%SZ)
mkdir -p "$bases"
rm -rf "$bases"/.new-* # of one that was interrupted

pg_basebackup --pgdata="$bases/.new-$name" --checkpoint=fast --wal-method=stream --manifest-checksums=SHA256
pg_verifybackup --quiet "$bases/.new-$name"
mv "$bases/.new-$name" "$bases/$name"
sync "$bases"

set -- "$bases"/* # in the order of their times
while [ $# -gt "$keep" ]; do
  rm -rf "$1"
  shift
done
first=$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\))$/\1/p' "$1/backup_label")
if [ -d "$wal" ]; then pg_archivecleanup -x .gz "$wal" "${first:?}"; fi
echo "✓ $bases/$name verified: $(du -sh "$bases/$name" | cut -f 1); $# kept, and the log from $first on"
