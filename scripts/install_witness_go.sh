#!/usr/bin/env bash
# Put the witness that others wrote into .tools/bin, built again when its source changes. Needs a Go toolchain.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
source="$root/tests/witness_go"
target="$root/.tools/bin/witness_go"
if [ -x "$target" ] && [ -z "$(find "$source" -newer "$target" -type f)" ]; then exit 0; fi
command -v go >/dev/null || { echo "scripts/install_witness_go.sh: go is missing; install Go 1.26 or later, or put witness_go into .tools/bin" >&2; exit 1; }
mkdir -p "${target%/*}"
echo "building the witness of transparency-dev (half a minute the first time)" >&2
go build -C "$source" -o "$target" .
touch "$target"
