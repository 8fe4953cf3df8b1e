#!/bin/sh
# restore.sh FOLDER [TIME [TIMELINE]]: puts the copy FOLDER (…/<system>/base/<time>) into the empty PGDATA and replays the
# archived log up to TIME ('2026-11-22 21:05:00+08'), or to its end where TIME is empty; returns when the database is at
# that instant, takes writes on a new timeline, and has been stopped in good order. Nobody can connect meanwhile.
# Each restore to an instant leaves the timeline that it was read from, whose log has what came later. The newest one is
# followed, unless that has left out what was asked for: then TIMELINE must say which, by its number.
set -eu
umask 077
if [ "$(id -u)" = 0 ]; then # a new volume belongs to root, whom PostgreSQL does not run as
  chown postgres:postgres "${PGDATA:?}"
  exec setpriv --reuid=postgres --regid=postgres --clear-groups sh "$0" "$@"
fi
base=${1%/} time=${2:-} timeline=${3:-} data=${PGDATA:?}
here=$(cd "$(dirname "$0")" && pwd)
folder=$(dirname "$(dirname "$(dirname "$base")")") wal=$(dirname "$(dirname "$base")")/wal
if [ ! -f "$base/backup_label" ]; then
  echo "✗ $base is no copy that base.sh has made" >&2
  exit 1
elif [ -n "$(ls -A "$data")" ]; then
  echo "✗ $data is not empty: nothing is restored over data" >&2
  exit 1
fi
instant='' own=$(sed -n 's/^START TIMELINE: //p' "$base/backup_label")
if [ -n "$time" ] && ! { echo "$time" | grep -Eqx '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+ ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)' &&
  instant=$(date -u -d "$time" +%Y%m%d%H%M%S%N); }; then
  echo "✗ $time is no instant: it needs the offset from UTC, as in 2026-11-22 21:05:00+08" >&2
  exit 1
fi
case $timeline in *[!0-9]*)
  echo "✗ $timeline is no timeline: they are numbers" >&2
  exit 1
  ;;
esac

ordered() { printf '%s\n' "$@" | LC_ALL=C sort -C; }

has_more() { # PARENT LSN: whether the archived log of the timeline PARENT goes on behind LSN
  first=$(printf '%08X%08X%08X' "$1" "0x${2%/*}" "$((0x${2#*/} >> 24))") # segments are of 16 MB
  last=$(find "$wal" -name "$(printf '%08X' "$1")????????????????.gz" -printf '%f\n' | LC_ALL=C sort | tail -n 1)
  [ -n "$last" ] && ordered "$first" "$last"
}

is_before() { # REASON: whether the instant is before a fork whose REASON tells the first commit that it left out
  case $1 in before\ *) [ -n "$instant" ] && ! ordered "$(date -u -d "${1#before }" +%Y%m%d%H%M%S%N)" "$instant" ;; *) false ;; esac
}

asks=''
for history in "$wal"/*.history.gz; do
  [ -e "$history" ] || continue
  number=$((0x$(basename "$history" .history.gz)))
  [ "$number" -gt "$own" ] || continue
  fork=$(gzip -dc "$history" | sed '/^$/d' | tail -n 1)
  parent=$(echo "$fork" | cut -f 1) lsn=$(echo "$fork" | cut -f 2) reason=$(echo "$fork" | cut -f 3-)
  echo "timeline $number left timeline $parent at $lsn: $reason"
  if has_more "$parent" "$lsn" && ! is_before "$reason"; then asks=yes; fi
done
if [ -n "$asks" ] && [ -z "$timeline" ]; then
  echo "✗ these timelines leave out what others have kept: name the TIMELINE to follow; the copy is of $own" >&2
  exit 1
fi
set -- -c recovery_target_timeline="${timeline:-latest}"
[ -z "$time" ] || set -- "$@" -c recovery_target_time="$time" -c recovery_target_action=promote

pg_verifybackup --quiet "$base"
cp -a "$base/." "$data"
chmod 700 "$data"
# whoever followed the database that was copied does not follow this one: it must not wait for them
sed -i '/^synchronous_standby_names/d' "$data/postgresql.auto.conf"
rm -f "$data/standby.signal"
touch "$data/recovery.signal"
# what is set here is not kept: no later standby of this database must stop at this instant
postgres -D "$data" -c hot_standby=off -c listen_addresses= -c unix_socket_directories="$data" -c port=5432 \
  -c restore_command="sh $here/fetch.sh '$wal' %f '%p'" -c archive_mode=on \
  -c archive_command="sh $here/archive.sh '$folder' '%p' %f" "$@" &
server=$!
trap 'kill -INT "$server"; wait "$server"; exit 1' INT TERM HUP
until pg_isready --quiet --host="$data" --port=5432; do
  if ! kill -0 "$server" 2>/dev/null; then
    echo "✗ not restored: the log says why. Empty $data before the next try" >&2
    exit 1
  fi
  sleep 0.2
done
replayed=$(psql -XAtd postgres --host="$data" --port=5432 -F ', on timeline ' -c "SELECT
  coalesce(pg_last_xact_replay_timestamp()::text, 'in the copy'), timeline_id FROM pg_control_checkpoint()") ||
  replayed=unknown
kill -INT "$server"
wait "$server"
echo "✓ restored to ${time:-the end of the archived log}; the last commit: $replayed"
