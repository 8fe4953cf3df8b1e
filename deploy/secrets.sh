#!/bin/sh
# Makes the secrets of a new deployment: random, one a file. Never makes a single one: the data may know another.
set -eu
names="attain_database_password attain_redis_password attain_secret_key attain_bootstrap_admin_password"
cd "$(dirname "$0")"
missing=
for name in $names; do
  [ -s "secrets/$name" ] || missing="$missing $name"
done
# shellcheck disable=SC2086
if [ "$missing" = "$(printf ' %s' $names)" ]; then
  mkdir -p -m 700 secrets
  for name in $names; do
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"secrets/$name"
    chmod 444 "secrets/$name" # the folder keeps others out; the services read them as users of their own
  done
  echo "✓ made the secrets in $(pwd)/secrets: keep a copy in a safe place"
elif [ -n "$missing" ]; then
  echo "✗ missing in $(pwd)/secrets:$missing. Put them back from your copy, or make each by hand (docs/deploy.md)" >&2
  exit 1
fi
