#!/bin/sh
# Makes the secrets of a new deployment: random, one a file. It makes none where there are data already, as these know
# another, but for one that is younger than the deployment and was never there: of that nothing knows another. Also lets
# the containers, whose users are others, read what they are given.
set -eu
cd "$(dirname "$0")"
names="attain_database_password attain_redis_password attain_secret_key attain_bootstrap_admin_password"
younger="attain_delivery_key"
project=${COMPOSE_PROJECT_NAME:-$(sed -n 's/^COMPOSE_PROJECT_NAME=//p' .env 2>/dev/null || true)}

make_secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"secrets/$1"; }

for name in $younger; do
  if [ -s "secrets/$name" ] || [ -e "secrets/.made-$name" ]; then names="$names $name"; fi # put back, once it was there
done
missing='' present=''
for name in $names; do
  if [ -f "secrets/$name" ] && [ -s "secrets/$name" ]; then present="$present $name"; else missing="$missing $name"; fi
done

if [ -z "$present" ] && docker volume inspect "${project:-attain}_postgres" >/dev/null 2>&1; then
  echo "✗ there are data in the volume ${project:-attain}_postgres, but no secrets in $(pwd)/secrets: put yours back" >&2
  exit 1
elif [ -z "$present" ]; then
  mkdir -p secrets
  for name in $names $younger; do
    make_secret "$name"
  done
  echo "✓ made the secrets in $(pwd)/secrets: keep a copy in a safe place"
elif [ -n "$missing" ]; then
  echo "✗ missing in $(pwd)/secrets:$missing. Put them back from your copy, or make each by hand (docs/deploy.md)" >&2
  exit 1
fi
for name in $younger; do
  if [ ! -s "secrets/$name" ]; then
    make_secret "$name"
    echo "✓ made $(pwd)/secrets/$name, which is new in this version: keep a copy in a safe place"
  fi
  : >"secrets/.made-$name"
done
chmod 700 secrets # keeps others out, and so the files need not
chmod 444 secrets/*
chmod a+r postgres.sql redis.sh follow.sh haproxy.cfg
chmod -R a+rX backup prometheus grafana
