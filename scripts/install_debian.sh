#!/usr/bin/env bash
# What tests and benchmarks need of Debian, installed where it is missing: install_debian.sh NAME… A name is a program
# of the package of that name, or one of the packages below, of which a library is looked for.
set -euo pipefail
there() {
  case "$1" in
    libfuse2) compgen -G '/*lib*/*/libfuse.so.2' >/dev/null || compgen -G '/usr/lib/*/libfuse.so.2' >/dev/null ;;
    eatmydata) compgen -G '/usr/lib/*/libeatmydata.so' >/dev/null ;;
    faketime) compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null && command -v faketime >/dev/null ;;
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}
missing=()
for name in "$@"; do there "$name" || missing+=("$name"); done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "installing ${missing[*]}" >&2
if ! { apt-get update -qq && apt-get install -y -qq "${missing[@]}"; } >/dev/null; then
  echo "scripts/install_debian.sh: ${missing[*]} cannot be installed; run this as root on Debian, or install them yourself" >&2
  exit 1
fi
