#!/bin/sh
# archive.sh FOLDER PATH NAME: PostgreSQL's archive_command (%p and %f): keeps one file of the log, compressed, in
# FOLDER/<system>/wal, and is done only when it is on the disk. A file that is there with other contents stays: two
# servers write to one archive then, and PostgreSQL goes on asking and complaining. <system> tells databases apart that
# were made anew, as their files bear the same names. The first time it makes that folder; should it be gone later, then its
# disk is not mounted, and nothing must be kept in its place.
set -eu
umask 027
folder=$1 path=$2 name=$3
system=$(LC_ALL=C pg_controldata . | sed -n 's/^Database system identifier: *//p')
wal=$folder/${system:?}/wal
if [ ! -d "$wal" ]; then
  if [ -e attain.archived ]; then
    echo "✗ $wal is gone: is its disk mounted? For a new archive make that folder, then a new copy (base.sh)" >&2
    exit 1
  fi
  mkdir -p "$wal"
fi
[ -e attain.archived ] || touch attain.archived
if [ -e "$wal/$name.gz" ]; then
  if ! gzip -dc "$wal/$name.gz" | cmp -s - "$path"; then
    echo "✗ $wal/$name.gz is there already, and is another file than $path" >&2
    exit 1
  fi
else
  gzip -1 -c "$path" >"$wal/.$name"
  sync "$wal/.$name"
  mv "$wal/.$name" "$wal/$name.gz"
fi
sync "$wal/$name.gz" "$wal"
