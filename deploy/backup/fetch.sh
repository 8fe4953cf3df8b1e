#!/bin/sh
# fetch.sh WAL NAME PATH: PostgreSQL's restore_command (%f and %p): puts back what archive.sh has kept in the folder WAL.
# Ends with 1 for a file that was never kept, which is how PostgreSQL finds the end, and with 126 for one that is damaged,
# which ends the recovery: it must not be taken for the end.
set -eu
[ -f "$1/$2.gz" ] || exit 1
gzip -dc "$1/$2.gz" >"$3" || exit 126
