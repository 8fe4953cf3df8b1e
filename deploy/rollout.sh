#!/bin/sh
# Replaces the running workers and APIs by new ones of the images as they are now: migrates, starts as many beside the
# old, waits until these are healthy, then lets the old finish. So at any moment some work. Only an API whose port on
# the host is fixed goes before its successor comes: nobody else can have the port meanwhile (docs/deploy.md).
set -eu
cd "$(dirname "$0")"
compose=${COMPOSE:-docker compose}

containers() { # SERVICE [OPTION...]: those that run, or others by the options of docker ps
  service=$1
  shift
  # not compose ps: its versions differ in which ones they list
  docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter "label=com.docker.compose.service=$service" --filter label=com.docker.compose.oneoff=False "$@"
}

has_fixed_port() { # CONTAINER
  docker inspect --format '{{range .HostConfig.PortBindings}}{{range .}}{{.HostPort}}{{end}}{{end}}' "$1" | grep -q .
}

replace_in_place() { # SERVICE
  $compose up --detach --no-deps --force-recreate "$1"
  # shellcheck disable=SC2046
  ./healthy.sh $(containers "$1")
}

start_beside() { # SERVICE
  $compose up --detach --no-deps --no-recreate --scale "$1=$(($(echo "$old" | wc -l) * 2))" "$1" || return 1
  # shellcheck disable=SC2046
  ./healthy.sh $(containers "$1" | grep --invert-match --fixed-strings "$old")
}

give_up() { # SERVICE
  trap '' INT TERM HUP
  for container in $(containers "$1" --all); do
    echo "$old" | grep --quiet "$container" || docker rm --force "$container"
  done
  echo "✗ every $1 is as it was: the new ones did not become healthy" >&2
  exit 1
}

replace_side_by_side() { # SERVICE
  old=$(containers "$1")
  # shellcheck disable=SC2064
  trap "give_up $1" INT TERM HUP
  start_beside "$1" || give_up "$1"
  trap - INT TERM HUP
  # shellcheck disable=SC2086
  docker stop $old
  # shellcheck disable=SC2086
  docker rm $old
}

./secrets.sh
any=$($compose ps --quiet | head -n 1)
if [ -z "$any" ]; then
  echo "✗ nothing is running: start everything first (make up)" >&2
  exit 1
fi
project=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.project"}}' "$any")
$compose run --rm -T --no-deps migrate
# a worker must know every bell before an API may ring it
for service in worker api; do
  # what has ended, or never came up, would be started again instead of a new one
  containers "$service" --all --filter status=created --filter status=exited --filter status=dead | xargs -r docker rm
  first=$(containers "$service" | head -n 1)
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
