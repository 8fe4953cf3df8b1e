#!/bin/sh
# primary.sh: which of the composed databases takes writes; ends with 1 when none does, or two do.
set -eu
cd "$(dirname "$0")"
compose=${COMPOSE:-docker compose}
found=''
for service in $($compose config --services | grep -x -e postgres -e standby); do
  state=$($compose exec -T "$service" psql -XAtq -U postgres -c 'SELECT pg_is_in_recovery()' 2>/dev/null </dev/null) || continue
  if [ "$state" = f ]; then found="$found $service"; fi
done
case $found in
  ' postgres' | ' standby') echo "${found# }" ;;
  '')
    echo "✗ no database takes writes. See: $compose ps" >&2
    exit 1
    ;;
  *)
    echo "✗ two databases take writes: stop the one whose data are not wanted" >&2
    exit 1
    ;;
esac
