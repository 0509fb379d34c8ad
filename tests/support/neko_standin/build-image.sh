#!/usr/bin/env bash
# Makes the image of the stand-in in the engine of $DOCKER_HOST (or the usual socket):
#   build-image.sh [TAG]            default tag: nekoplane/neko-standin:dev
# Needs no registry: the image is one static program, imported as a tar. $NEKO_STANDIN_BINARY names a
# program that is built already; otherwise it is compiled here.
set -euo pipefail
tag=${1:-nekoplane/neko-standin:dev}
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

binary=${NEKO_STANDIN_BINARY:-}
if [ -z "$binary" ]; then
  binary=$work/neko-standin
  "${CXX:-g++}" -std=c++20 -O2 -static -pthread -s -o "$binary" "$here"/main.cc "$here"/neko.cc
fi

root=$work/root
mkdir -p "$root"/{etc,home/neko,tmp,usr/bin,var/log/neko}
install -m 755 "$binary" "$root/usr/bin/neko-standin"
chmod 1777 "$root/tmp"
printf 'root:x:0:0:root:/root:/\nneko:x:1000:1000:neko:/home/neko:/\n' >"$root/etc/passwd"
printf 'root:x:0:\nneko:x:1000:\n' >"$root/etc/group"

# Owners are set by tar, so that no root is needed here.
pack=(--directory "$root" --numeric-owner --mtime=@0 --sort=name)
tar -cf "$work/image.tar" "${pack[@]}" --owner=0 --group=0 --exclude=./home/neko --exclude=./var/log/neko .
tar -rf "$work/image.tar" "${pack[@]}" --owner=1000 --group=1000 ./home/neko ./var/log/neko

docker import \
  -c 'ENTRYPOINT ["/usr/bin/neko-standin"]' \
  -c 'ENV USER=neko NEKO_SERVER_BIND=:8080 NEKO_PLUGINS_ENABLED=true' \
  -c 'LABEL net.m1k1o.neko.api-version=3 nekoplane.dev/stand-in=true' \
  "$work/image.tar" "$tag" >/dev/null
echo "built the stand-in image $tag"
