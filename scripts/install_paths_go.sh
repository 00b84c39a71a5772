#!/usr/bin/env bash
# Put into .tools/bin what tells how Go reads paths, built again when its source changes. Needs a Go toolchain.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
source="$root/tests/paths_go"
target="$root/.tools/bin/paths_go"
if [ -x "$target" ] && [ -z "$(find "$source" -newer "$target" -type f)" ]; then exit 0; fi
command -v go >/dev/null || { echo "scripts/install_paths_go.sh: go is missing; install Go 1.26 or later, or put paths_go into .tools/bin" >&2; exit 1; }
mkdir -p "${target%/*}"
echo "building paths_go" >&2
go build -C "$source" -o "$target" .
touch "$target"
