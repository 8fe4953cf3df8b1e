#!/bin/sh
# standby.sh [PRIMARY STANDBY]: makes one database of compose.standby.yaml follow the other (postgres and standby, unless
# told otherwise), and lets the primary acknowledge nothing from then on that the standby has not on its disk. Whatever
# is there already it leaves, so it may be run again; but a fenced one never follows: its volume must go first.
set -eu
cd "$(dirname "$0")"
compose=${COMPOSE:-docker compose}
primary=${1:-postgres} standby=${2:-standby}
ask() { $compose exec -T "$primary" psql -XAtq -v ON_ERROR_STOP=1 -U postgres "$@"; }

if [ "$(ask -c 'SELECT pg_is_in_recovery()')" != f ]; then
  echo "✗ $primary is a standby itself: name the primary first" >&2
  exit 1
fi
ask <<'END'
\set password `cat /run/secrets/attain_database_password`
SELECT 'CREATE ROLE attain_replication'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'attain_replication') \gexec
ALTER ROLE attain_replication LOGIN REPLICATION PASSWORD :'password';
END
line='host replication attain_replication samenet scram-sha-256'
$compose exec -T --user postgres "$primary" \
  sh -c "cd \"\$PGDATA\" && { grep -qx '$line' pg_hba.conf || echo '$line' >>pg_hba.conf; }"
ask -c 'SELECT pg_reload_conf()' >/dev/null

$compose stop "$standby"
$compose run --rm -T --no-deps -e ATTAIN_COPIES="$primary" "$standby" true
$compose up --detach --no-deps "$standby"
./healthy.sh "$($compose ps --quiet "$standby")"
deadline=$(($(date +%s) + 60))
until [ "$(ask -c "SELECT count(*) FROM pg_stat_replication WHERE application_name = '$standby'" </dev/null)" = 1 ]; do
  if [ "$(date +%s)" -ge "$deadline" ]; then
    echo "✗ $standby does not follow $primary; nothing waits for it. Are its data those of a fenced one, or from before a" >&2
    echo "  restore? Then remove its container and its volume, and run this again. See: $compose logs $standby" >&2
    exit 1
  fi
  sleep 0.5
done
ask -c "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (postgres, standby)'" -c 'SELECT pg_reload_conf()' >/dev/null
echo "✓ $standby follows $primary, which acknowledges nothing without it"
