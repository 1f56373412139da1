#!/usr/bin/env bash
# The Debian package: built twice it is the same bytes, lintian has nothing to say, its unit is one that systemd takes, its SBOM
# names what the program is linked to, and it installs, serves, is upgraded and purged. That last is done in a copy-on-write view
# of this machine's root, so that nothing of it changes, and needs root and overlayfs; without them the files are unpacked and run.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd -P)
work=$(mktemp -d)
trap 'umount "$work/over" 2>/dev/null || true; rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8
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

# ---- the file ----
first=$("$root/package/build.sh" "$work/one")
second=$("$root/package/build.sh" "$work/two")
x=$work/x
dpkg-deb -x "$first" "$x"
check "two builds, the same bytes" cmp "$first" "$second"
check "lintian" lintian --allow-root --fail-on error,warning "$first"
# shellcheck disable=SC2016 # expanded by the inner bash
check "the unit is one that systemd takes, and shut in" bash -c '
  sed "s|^ExecStart=.*|ExecStart=/bin/true|" "$1/lib/systemd/system/taproom.service" >"$2/taproom.service"
  command -v systemd-analyze >/dev/null || exit 0
  said=$(systemd-analyze verify --man=no "$2/taproom.service" 2>&1 | grep -F taproom.service) || true
  [ -z "$said" ] || { echo "$said" && exit 1; }
  systemd-analyze security --offline=yes --threshold=25 "$2/taproom.service"' unit "$x" "$work"
check "the SBOM names every library" python3 - "$x" <<'PY'
import gzip, json, re, subprocess, sys
x = sys.argv[1]
sbom = json.load(gzip.open(x + '/usr/share/doc/taproom/taproom.spdx.json.gz'))
names = {p['name'] for p in sbom['packages']}
assert sbom['spdxVersion'] == 'SPDX-2.3' and len({p['SPDXID'] for p in sbom['packages']}) == len(sbom['packages'])
for line in subprocess.run(['ldd', x + '/usr/bin/taproom'], capture_output=True, text=True, check=True).stdout.splitlines():
    found = re.search(r'(lib(?:civetweb|jansson|sqlite3|dnnl|pcre2-8|expat|openblas))', line)
    assert not found or any(n.startswith(found[1]) for n in names), line
assert 'libjs-chart.js' in names and 'taproom' in names
PY

# ---- installed ----
# In the view: an older version with data, this one over it, then removed and purged. Debian's scripts run as they are.
cat >"$work/story.sh" <<'STORY'
set -euo pipefail
deb=$1 model=$2
old=/tmp/taproom-old
dpkg-deb -R "$deb" $old
sed -i 's/^Version: .*/Version: 0.0.1/' $old/DEBIAN/control
dpkg-deb --root-owner-group -b $old /tmp/old.deb >/dev/null
# What it depends on is there already, from the build; adduser may not be.
export DEBIAN_FRONTEND=noninteractive
install() { dpkg --force-depends --force-confold -i "$1"; }
install /tmp/old.deb
id taproom
[ "$(stat -c '%U %a' /var/lib/taproom)" = "taproom 700" ]
[ "$(stat -c '%G %a' /etc/taproom)" = "taproom 750" ]
as_service=(setpriv --reuid=taproom --regid=taproom --clear-groups env -i PATH=/usr/bin:/bin TAPROOM_DATA=/var/lib/taproom/data
  TAPROOM_CACHE=/var/lib/taproom/cache TAPROOM_MODEL=/tmp/model.gguf)
cp "$model" /tmp/model.gguf && chmod 644 /tmp/model.gguf
serve() { # COMMAND...: while the installed program serves, as its own user
  rm -f /tmp/ready && mkfifo /tmp/ready
  "${as_service[@]}" taproom serve --port 0 >/tmp/ready 2>/tmp/serve.log &
  local pid=$! line=
  read -r -t 60 line </tmp/ready || { cat /tmp/serve.log && return 1; }
  url=${line##* }
  "$@"
  kill -TERM $pid
  wait $pid
}
store() { printf '{"id":"a","title":"A boat"}\n{"id":"b","title":"A robot"}\n' |
  curl -fsS --data-binary @- -H 'Content-Type: application/x-ndjson' "$url/api/catalogs?name=kept" >/dev/null; }
use() {
  curl -fsS -H 'Content-Type: application/json' "$url/api/rank" -d '{"catalog":"kept","instruction":"boats"}' | grep '"item":"a"' >/dev/null
  curl -fsS "$url/" | grep '<title>' >/dev/null
}
serve store
echo "TAPROOM_PORT=8361" >>/etc/taproom/taproom.conf
install "$deb"
dpkg-query -W -f '${Version} ${db:Status-Status}\n' taproom | grep -v '^0.0.1 ' | grep -q ' installed$'
grep -q '^TAPROOM_PORT=8361' /etc/taproom/taproom.conf
serve use
[ "$(stat -c %a /var/lib/taproom/data)" = 700 ]
! taproom-fetch --wrong
dpkg -r taproom
[ -e /var/lib/taproom/data/taproom.db ]
[ -e /etc/taproom/taproom.conf ]
dpkg -P taproom
[ ! -e /var/lib/taproom ]
[ ! -e /etc/taproom ]
STORY

# shellcheck disable=SC2016 # expanded by the inner bash
in_view() { # COMMAND...: in a view of / whose changes lie in memory and go with it
  unshare --mount --net bash -euo pipefail -c '
    over=$1 && shift
    ip link set lo up 2>/dev/null || python3 -c "
import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack(\"16sh\", b\"lo\", 1))"
    mount -t tmpfs tmpfs "$over"
    mkdir "$over/up" "$over/w" "$over/root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$over/up,workdir=$over/w" "$over/root"
    mount -t proc proc "$over/root/proc" 2>/dev/null || mount --rbind /proc "$over/root/proc"
    mount --rbind /dev "$over/root/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$over/root/tmp"
    cp "$1" "$over/root/tmp/it.deb" && cp "$2" "$over/root/tmp/tiny.gguf" && cp "$3" "$over/root/tmp/story.sh"
    exec chroot "$over/root" bash /tmp/story.sh /tmp/it.deb /tmp/tiny.gguf' view "$work/over" "$@"
}

unpacked() {
  "$x/usr/bin/taproom" --version | grep -q '^taproom '
  bash -n "$x/usr/sbin/taproom-fetch" "$x/usr/lib/taproom/launcher"
}

mkdir "$work/over"
check "unpacked, it runs" unpacked
if [ "$(id -u)" = 0 ] && unshare --mount --net true 2>/dev/null; then
  check "installed, used, upgraded, purged" in_view "$first" "$root/fixtures/tiny/tied.gguf" "$work/story.sh"
else
  echo "not done here, without root: installed, used, upgraded, purged"
fi
exit $failed
