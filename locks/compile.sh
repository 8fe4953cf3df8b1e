#!/usr/bin/env bash
# Compiles the hash-pinned locks from the pyproject files and the .in files beside this script.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() { # OUTPUT INPUT...
  local out=$1; shift
  uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
    --no-emit-package attain-shared "$@" -o "locks/$out"
}
lock dev.txt services/api/pyproject.toml services/worker/pyproject.toml --extra otel locks/dev.in
# every audience takes the versions that the tests ran with
lock local.txt services/api/pyproject.toml services/worker/pyproject.toml locks/local.in -c locks/dev.txt
# tracing is in the images, and off until it is told where to send to
lock api.txt services/api/pyproject.toml --extra otel -c locks/dev.txt
lock api-oidc.txt services/api/pyproject.toml --extra oidc --extra otel -c locks/dev.txt
lock worker.txt services/worker/pyproject.toml --extra otel -c locks/dev.txt
lock build.txt locks/build.in -c locks/dev.txt
lock node.txt locks/node.in
