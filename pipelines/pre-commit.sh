#!/usr/bin/env bash
# What the hooks of pre-commit start, in the clone of this repository that pre-commit keeps. idp-fix is built there the
# first time. (`language: node` would have npm install a repository globally, and npm then gets in its own way when it
# builds what it installs.)
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
if [ ! -e "$project/dist/main.js" ]; then
  log=$(cd "$project" && npm ci --no-audit --no-fund 2>&1) || {
    printf '%s\n' "$log" "idp-fix could not be built in $project" >&2
    exit 70
  }
fi
exec node "$project/dist/main.js" "$@"
