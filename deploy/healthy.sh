#!/bin/sh
# healthy.sh CONTAINER...: waits until all are healthy; ends with 1, and shows its log, when one is not in time.
set -eu
if [ $# -eq 0 ]; then
  echo "✗ there is no container to wait for" >&2
  exit 1
fi
deadline=$(($(date +%s) + ${HEALTHY_SECONDS:-120}))
for container in "$@"; do
  until [ "$(docker inspect --format '{{.State.Health.Status}}' "$container")" = healthy ]; do
    if [ "$(date +%s)" -ge "$deadline" ]; then
      name=$(docker inspect --format '{{.Name}}' "$container")
      echo "✗ ${name#/} is not healthy. The end of its log:" >&2
      docker logs --tail 20 "$container" >&2
      exit 1
    fi
    sleep 0.5
  done
done
