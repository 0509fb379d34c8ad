#!/usr/bin/env bash
# A private Docker Engine: engine.sh start|stop DIR. Everything it has lies under DIR; the socket is
# DIR/docker.sock. Stops only the process it started. Needs root and Debian's docker.io.
set -euo pipefail
action=${1:?start or stop} dir=${2:?folder}
mkdir -p "$dir"
dir=$(readlink -f "$dir")
pidfile=$dir/engine.pid

alive() { [ -f "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null; }
answers() { curl -fsS -m 2 -o /dev/null --unix-socket "$dir/docker.sock" http://engine/_ping 2>/dev/null; }

case $action in
  start)
    alive && answers && exit 0
    # The default bridge takes a network of its own choice; a second engine on this machine needs another.
    bip=()
    if ip link show docker0 >/dev/null 2>&1 && pgrep -x dockerd >/dev/null; then
      name=np$(printf %s "$dir" | cksum | cut -c1-6)
      ip link show "$name" >/dev/null 2>&1 || ip link add name "$name" type bridge
      octet=$((16#$(printf %s "$dir" | md5sum | cut -c1-2) % 200 + 20))
      ip addr replace "172.31.$octet.1/24" dev "$name"
      ip link set "$name" up
      bip=(--bridge "$name")
    fi
    rm -f "$dir/docker.pid"
    setsid dockerd --data-root "$dir/data" --exec-root "$dir/exec" -H "unix://$dir/docker.sock" \
      --pidfile "$dir/docker.pid" "${bip[@]}" >>"$dir/engine.log" 2>&1 </dev/null &
    echo $! >"$pidfile"
    for _ in $(seq 300); do
      answers && exit 0
      alive || break
      sleep 0.1
    done
    tail -n 20 "$dir/engine.log" >&2
    echo "engine.sh: dockerd did not start; its log is $dir/engine.log" >&2
    exit 1
    ;;
  stop)
    alive || { rm -f "$pidfile"; exit 0; }
    pid=$(cat "$pidfile")
    kill "$pid"
    for _ in $(seq 300); do
      kill -0 "$pid" 2>/dev/null || { rm -f "$pidfile"; exit 0; }
      sleep 0.1
    done
    echo "engine.sh: dockerd (process $pid) does not stop" >&2
    exit 1
    ;;
  *)
    echo "usage: engine.sh start|stop DIR" >&2
    exit 2
    ;;
esac
