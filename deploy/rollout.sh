#!/bin/sh
# Replaces the running workers and APIs by new ones of the images as they are now: migrates, starts as many beside the
# old, waits until these are healthy, then lets the old finish. So at any moment some work. Only an API whose port on
# the host is fixed goes before its successor comes: nobody else can have the port meanwhile (docs/deploy.md).
set -eu
cd "$(dirname "$0")"
compose=${COMPOSE:-docker compose}

running() { # SERVICE
  $compose ps --quiet "$1"
}

has_fixed_port() { # CONTAINER
  docker inspect --format '{{range .HostConfig.PortBindings}}{{range .}}{{.HostPort}}{{end}}{{end}}' "$1" | grep -q .
}

replace_in_place() { # SERVICE
  $compose up --detach --no-deps --force-recreate "$1"
  # shellcheck disable=SC2046
  ./healthy.sh $(running "$1")
}

replace_side_by_side() { # SERVICE
  old=$(running "$1")
  $compose up --detach --no-deps --no-recreate --scale "$1=$(($(echo "$old" | wc -l) * 2))" "$1"
  new=$(running "$1" | grep --invert-match --fixed-strings "$old")
  # shellcheck disable=SC2086
  if ! ./healthy.sh $new; then
    docker rm --force $new
    echo "✗ every $1 is as it was: the new ones did not become healthy" >&2
    exit 1
  fi
  # shellcheck disable=SC2086
  docker stop $old
  # shellcheck disable=SC2086
  docker rm $old
}

$compose run --rm --no-deps migrate
# a worker must know every bell before an API may ring it
for service in worker api; do
  first=$(running "$service" | head -n 1)
  if [ -z "$first" ]; then
    echo "✗ no $service is running: start everything first (make up)" >&2
    exit 1
  elif has_fixed_port "$first"; then
    replace_in_place "$service"
  else
    replace_side_by_side "$service"
  fi
  echo "✓ every $service is of the new image"
done
