#!/usr/bin/env bash
# Put the pinned OPA into .tools/bin, once. Needs a Go toolchain; the build is cached by Go and here.
set -euo pipefail
version=v1.22.2
target="$(cd "$(dirname "$0")/.." && pwd)/.tools/bin"
if [ -x "$target/opa" ] && "$target/opa" version | grep -q "^Version: ${version#v}$"; then exit 0; fi
command -v go >/dev/null || { echo "scripts/install_opa.sh: go is missing; install Go 1.26 or later, or put opa $version into .tools/bin" >&2; exit 1; }
mkdir -p "$target"
echo "building OPA $version (about a minute the first time)" >&2
GOBIN="$target" go install "github.com/open-policy-agent/opa@$version"
