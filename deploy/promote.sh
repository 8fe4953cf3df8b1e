#!/bin/sh
# promote.sh [--i-have-fenced-it] [OLD NEW]: puts the standby NEW in the place of the primary OLD (postgres and standby,
# unless told otherwise). The old one is fenced first: stopped, and marked so that it takes no writes whenever somebody
# starts it again. Where that cannot be done from here, as its disk or host is gone, see to it that it never takes a write
# again, and say so by --i-have-fenced-it.
set -eu
cd "$(dirname "$0")"
compose=${COMPOSE:-docker compose}
is_fenced=''
if [ "${1:-}" = --i-have-fenced-it ]; then
  is_fenced=yes
  shift
fi
old=${1:-postgres} new=${2:-standby}
ask() { $compose exec -T "$new" timeout 90 psql -XAtq -v ON_ERROR_STOP=1 -U postgres "$@"; }

fence() { # and tell whether each commit of OLD had to be in NEW
  # shellcheck disable=SC2016
  $compose stop "$old" && $compose run --rm -T --no-deps --user postgres --entrypoint sh "$old" -ec '
    test -s "$PGDATA/PG_VERSION"
    touch "$PGDATA/standby.signal"
    sync "$PGDATA"
    if grep -q "^synchronous_standby_names = .[A-Za-z0-9*]" "$PGDATA/postgresql.auto.conf"
    then echo "the standby was synchronous: what was acknowledged is in it"
    else echo "! the standby was not synchronous: what it had not got yet is lost"
    fi'
}

if [ "$(ask -c 'SELECT pg_is_in_recovery()' </dev/null)" != t ]; then
  echo "✗ $new is no standby: there is nothing to promote" >&2
  exit 1
fi
if [ -z "$is_fenced" ] && ! fence; then
  echo "✗ $old is not fenced, and $new not promoted. If $old can never take a write again, as its disk is gone or its host" >&2
  echo "  is off for good: $0 --i-have-fenced-it $old $new" >&2
  exit 1
fi
ask -F ', its last commit is of ' -c "SELECT 'the standby has the log up to ' || coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()),
  coalesce(pg_last_xact_replay_timestamp()::text, 'before it started')" </dev/null
if ! ask <promote.sql >/dev/null; then
  echo "✗ $new takes no writes; $old stays fenced. See: $compose logs $new" >&2
  exit 1
fi
echo "✓ $new takes writes in place of $old"
