#!/usr/bin/env bash
# What the hooks of pre-commit start, in the clone of this repository that pre-commit keeps. The commit of a release
# holds the bundle, so nothing is installed.
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
[ -e "$project/dist/main.js" ] || {
  echo "idp-fix: $project has no bundle: set rev to a release, such as v0.2.0, or run npm ci && npm run build there" >&2
  exit 70
}
exec node "$project/dist/main.js" "$@"
