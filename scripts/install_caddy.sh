#!/usr/bin/env bash
# Put the pinned Caddy into .tools/bin, once. Needs a Go toolchain; the build is cached by Go and here.
set -euo pipefail
version=v2.11.9
target="$(cd "$(dirname "$0")/.." && pwd)/.tools/bin"
built() { go version -m "$target/caddy" 2>/dev/null | grep -qE "^\s+mod\s+github.com/caddyserver/caddy/v2\s+$version\b"; }
command -v go >/dev/null || { echo "scripts/install_caddy.sh: go is missing; install Go 1.26 or later" >&2; exit 1; }
if [ -x "$target/caddy" ] && built; then exit 0; fi
mkdir -p "$target"
echo "building Caddy $version (two minutes the first time)" >&2
GOBIN="$target" go install "github.com/caddyserver/caddy/v2/cmd/caddy@$version"
