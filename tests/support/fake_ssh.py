#!/usr/bin/env python3
"""Stands in for ssh in tests: forwards the local socket of -L to a socket of this very machine.

By the name of the host: "refused" is not let in, "silent" never connects, anything else works. Its
process id is in LOCAL_SOCKET.pid, its arguments are in LOCAL_SOCKET.args.
"""
import os
import selectors
import socket
import sys
import threading
import time


def pump(a, b):
    with selectors.DefaultSelector() as selector:
        selector.register(a, selectors.EVENT_READ, b)
        selector.register(b, selectors.EVENT_READ, a)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)
                if not data:
                    a.close()
                    b.close()
                    return
                key.data.sendall(data)


def serve(client, remote):
    engine = socket.socket(socket.AF_UNIX)
    try:
        engine.connect(remote)
        pump(client, engine)
    except OSError:
        client.close()


def main():
    local, remote = sys.argv[sys.argv.index("-L") + 1].split(":")
    host = sys.argv[sys.argv.index("--") + 1]
    with open(local + ".pid.new", "w") as file:
        file.write(str(os.getpid()))
    os.rename(local + ".pid.new", local + ".pid")
    with open(local + ".args", "w") as file:
        file.write("\n".join(sys.argv[1:]))
    if host == "refused":
        print("Warning: Permanently added.\r\nme@refused: Permission denied (publickey).\r", file=sys.stderr)
        sys.exit(255)
    if host == "silent":
        time.sleep(3600)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(local)
    listener.listen(16)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, remote), daemon=True).start()


main()
