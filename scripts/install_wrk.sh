#!/usr/bin/env bash
# The load tool of the benchmarks, from Debian's packages.
set -euo pipefail
command -v wrk >/dev/null && exit 0
echo "installing wrk" >&2
apt-get update -qq
apt-get install -y -qq wrk >/dev/null
