#!/bin/sh
# check.sh: what is in the composed deployment's database, after a restore or at any time: the rows of each table, the
# audit trail's chains, the months that goals are measured by. Ends with 1 where one of these is not as it was written.
set -eu
cd "$(dirname "$0")/.."
compose=${COMPOSE:-docker compose}
primary=$(./primary.sh)
$compose exec -T "$primary" psql -XAt -F ' ' -v ON_ERROR_STOP=1 -U postgres attain <<'END'
SELECT format('SELECT %L, count(*) FROM %I', relname, relname)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
ORDER BY relname
\gexec
END
failed=0
for what in audit months; do
  $compose run --rm -T --no-deps migrate attain-admin "$what" verify || failed=1
done
exit "$failed"
