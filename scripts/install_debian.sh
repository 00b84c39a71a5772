#!/usr/bin/env bash
# Programs of Debian's packages that tests and benchmarks run, installed where they are missing: install_debian.sh NAME…
set -euo pipefail
missing=()
for name in "$@"; do command -v "$name" >/dev/null || missing+=("$name"); done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "installing ${missing[*]}" >&2
if ! { apt-get update -qq && apt-get install -y -qq "${missing[@]}"; } >/dev/null; then
  echo "scripts/install_debian.sh: ${missing[*]} cannot be installed; run this as root on Debian, or install them yourself" >&2
  exit 1
fi
