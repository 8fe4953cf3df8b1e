#!/bin/sh
# Brings the cluster to what a folder of manifests says, be it the first time or the next: settings, then migrations,
# then the workers, then the APIs, as a worker must know every bell before an API may ring it. Each step waits for the
# one before. Workers or APIs that do not become ready go back to what they were, and it ends there.
#   deploy/kubernetes/upgrade.sh [FOLDER]      NAMESPACE=attain PATIENCE=600 (seconds a step may take)
set -eu
folder=${1:-$(dirname "$0")}
namespace=${NAMESPACE:-attain}
patience=${PATIENCE:-600}

apply() { # COMPONENT
  kubectl apply --kustomize "$folder" --selector "app.kubernetes.io/component=$1"
}

here() { # ARGUMENT...
  kubectl --namespace "$namespace" "$@"
}

has_ended() { # Complete|Failed
  [ "$(here get job attain-migrate --output "jsonpath={.status.conditions[?(@.type==\"$1\")].status}")" = True ]
}

migrate() {
  here delete job attain-migrate --ignore-not-found
  apply migrate
  deadline=$(($(date +%s) + patience))
  until has_ended Complete; do
    if has_ended Failed || [ "$(date +%s)" -ge "$deadline" ]; then
      here logs job/attain-migrate --tail 20 >&2 || true
      echo "✗ the migrations did not end well; workers and APIs are as they were" >&2
      exit 1
    fi
    sleep 2
  done
  echo "✓ the schema is that of the new image"
}

revision() { # COMPONENT
  here get deployment "attain-$1" --ignore-not-found \
    --output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}'
}

replace() { # COMPONENT
  before=$(revision "$1")
  apply "$1"
  if here rollout status "deployment/attain-$1" --timeout "${patience}s"; then
    echo "✓ every $1 is of the new image"
    return
  fi
  if [ -n "$before" ] && [ "$(revision "$1")" != "$before" ]; then
    here rollout undo "deployment/attain-$1" --to-revision "$before"
    here rollout status "deployment/attain-$1" --timeout "${patience}s" || true
    echo "✗ every $1 is as it was: the new ones did not become ready" >&2
  else
    echo "✗ not every $1 became ready" >&2
  fi
  exit 1
}

apply settings
if ! here get secret attain --output name; then
  echo "✗ there is no secret attain in the namespace $namespace: make it first (docs/kubernetes.md)" >&2
  exit 1
fi
migrate
replace worker
replace api
