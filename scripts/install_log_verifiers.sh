#!/usr/bin/env bash
# Put the log verifiers that others wrote into .tools/bin: Tessera's fsck, once, and verify_go, built again when its
# source changes. Needs a Go toolchain; downloads are cached by Go.
set -euo pipefail
version=v1.0.4
root="$(cd "$(dirname "$0")/.." && pwd)"
source="$root/tests/verify_go"
target="$root/.tools/bin"
need_go() {
  command -v go >/dev/null || { echo "scripts/install_log_verifiers.sh: go is missing; install Go 1.26 or later, or put fsck and verify_go into .tools/bin" >&2; exit 1; }
}
mkdir -p "$target"
if ! grep -aqs "transparency-dev/tessera[[:space:]]$version[[:space:]]" "$target/fsck"; then # as Go writes it there
  need_go
  echo "building Tessera's fsck $version (half a minute the first time)" >&2
  GOBIN="$target" go install "github.com/transparency-dev/tessera/cmd/fsck@$version"
fi
if [ ! -x "$target/verify_go" ] || [ -n "$(find "$source" -newer "$target/verify_go" -type f)" ]; then
  need_go
  echo "building verify_go" >&2
  go build -C "$source" -o "$target/verify_go" .
  touch "$target/verify_go"
fi
