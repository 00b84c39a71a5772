#!/usr/bin/env bash
# Make the messages of Envoy's ext_authz from our own description of them; a test holds the two together.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
folder=adapters/gateways/ext_authz
cd "$root"
"${PYTHON:-.venv/bin/python}" -m grpc_tools.protoc --proto_path="$folder" --python_out="${1:-$folder}" --pyi_out="${1:-$folder}" ext_authz.proto
