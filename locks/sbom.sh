#!/bin/sh
# Writes what the images are made of, FOLDER/sbom-api.json and sbom-worker.json: CycloneDX, from the locks, with the hash
# of every file that may be installed. The same locks make the same bytes.
#   locks/sbom.sh FOLDER [OPTION...]      options of cyclonedx-py requirements
set -eu
cd "$(dirname "$0")/.."
folder=${1:?FOLDER}
shift
mkdir -p "$folder"
for service in api worker; do
  # a lock is a list: it does not say who needs whom, which the library warns of
  python -W ignore::UserWarning -m cyclonedx_py requirements "$@" --output-reproducible --of JSON \
    --pyproject "services/$service/pyproject.toml" --output-file "$folder/sbom-$service.json" "locks/$service.txt"
done
