#!/usr/bin/env bash
# Builds the Debian package of the commit that is checked out: package/build.sh FOLDER, as `./taproom package [FOLDER]` calls it.
# The files of the commit alone go into it, and its time stands in for every other one, so that two builds are the same bytes.
# Prints the package's path.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC DEB_BUILD_OPTIONS=terse

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd -P)
[ $# -eq 1 ] || { echo "usage: package/build.sh FOLDER" >&2 && exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd -P)
git() { command git -c safe.directory='*' -C "$root" "$@"; }

if ! commit=$(git rev-parse --verify HEAD 2>/dev/null); then
  echo "taproom: error: a package is built of a commit, and $root is no git checkout" >&2
  exit 1
fi
[ -z "$(git status --porcelain)" ] || echo "taproom: what is not committed does not go into the package" >&2
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/taproom
mkdir "$tree"
git archive "$commit" | tar -x -C "$tree"
cp -r "$tree/package/debian" "$tree/debian"

# Later commits have larger versions, so that apt takes them for upgrades.
version=$(sed -nE 's/^project\(taproom VERSION ([0-9.]+) .*/\1/p' "$tree/CMakeLists.txt")
version+=+$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d.%H%M%S).g${commit:0:8}
sed "s/@VERSION@/$version/; s/@DATE@/$(date -u -R -d "@$SOURCE_DATE_EPOCH")/" "$tree/debian/changelog.in" >"$tree/debian/changelog"
rm "$tree/debian/changelog.in"

log=$work/log
if ! (cd "$tree" && dpkg-buildpackage --build=binary --unsigned-changes --unsigned-buildinfo --jobs="$(nproc)" >"$log" 2>&1); then
  tail -n 30 "$log" >&2
  echo "taproom: error: the package could not be built" >&2
  exit 1
fi
find "$work" -maxdepth 1 -name 'taproom_*' -type f -exec cp -t "$out" {} +
echo "$out/taproom_${version}_$(dpkg --print-architecture).deb"
