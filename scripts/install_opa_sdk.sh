#!/usr/bin/env bash
# Put the pinned TypeScript SDK of OPA into .tools/opa_sdk, once. Needs Node.js with npm.
set -euo pipefail
version=2.0.0
target="$(cd "$(dirname "$0")/.." && pwd)/.tools/opa_sdk"
command -v npm >/dev/null || { echo "scripts/install_opa_sdk.sh: npm is missing; install Node.js 20 or later" >&2; exit 1; }
if grep -qs "\"version\": \"$version\"" "$target/node_modules/@open-policy-agent/opa/package.json"; then exit 0; fi
mkdir -p "$target"
echo "installing the TypeScript SDK of OPA $version" >&2
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$target" "@open-policy-agent/opa@$version"
