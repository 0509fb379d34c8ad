#!/usr/bin/env python3
"""Checks what the compiler cannot: who includes whom, where time and chance come from, file sizes.

The table is the dependency graph of docs/architecture.md. A module is the longest listed prefix of a
file's path. Exit status 1 and one line per finding if anything is wrong.
"""
import pathlib
import re
import sys

API = ["api/base", "api/v1alpha1", "api/codec", "api/store", "api/registry"]
ALLOWED = {
    "api/base": [],
    "api/v1alpha1": ["api/base"],
    "api/codec": ["api/base", "api/v1alpha1"],
    "api/store": ["api/base", "api/v1alpha1", "api/codec"],
    "api/registry": API,
    "api/http": ["api/base"],
    "api/auth": ["api/base", "api/http", "api/codec"],
    "api/server": API + ["api/http", "api/auth"],
    "api/taos": API + ["api/http", "api/auth"],
    "controller/queue": ["api/base"],
    "controller/config": ["api/base", "api/codec"],
    "controller/metrics": ["api/base", "api/v1alpha1", "api/http", "controller/queue"],
    "controller/informer": API,
    "controller/manager": API + ["controller/queue", "controller/informer", "controller/metrics"],
    "controller/machine": ["api/base", "api/v1alpha1"],
    "controller/scheduler": ["api/base", "api/v1alpha1"],
    "controller/manifests": API,
    "controller/neko": ["api/base", "api/http"],
    "controller/runtime": ["api/base", "api/v1alpha1", "api/codec", "controller/metrics"],
    "controller/runtime/docker": ["api/base", "api/v1alpha1", "api/codec", "api/http", "api/auth",
                                  "controller/runtime"],
    "controller/runtime/taos_worker": ["api/base", "api/v1alpha1", "api/http", "controller/runtime"],
    "controller/runtime/sim": ["api/base", "api/v1alpha1", "controller/runtime"],
    "controller/store/sqlite": ["api/base", "api/v1alpha1", "api/codec", "api/store"],
    "reconcilers/common": API + ["controller/manager", "controller/queue", "controller/scheduler",
                                 "controller/runtime/runtime_driver.h"],
}
RECONCILER = API + ["controller/manager", "controller/informer", "controller/queue", "controller/scheduler",
                    "controller/metrics", "controller/runtime/runtime_driver.h", "reconcilers/common"]
for kind in ("session", "node", "profile", "gc", "images"):
    ALLOWED["reconcilers/" + kind] = RECONCILER
ALLOWED["reconcilers/driver"] = RECONCILER + ["controller/runtime/node_drivers.h"]
ALLOWED["reconcilers/mirror"] = RECONCILER + ["api/http", "api/taos"]
ALLOWED["reconcilers/triggers"] = RECONCILER + ["reconcilers/" + kind + "/" + kind + "_triggers.h"
                                               for kind in ("session", "node", "profile", "driver", "images")]

# Only the implementations of the injected interfaces may use these.
NONDETERMINISM = re.compile(
    r"(system_clock|steady_clock|high_resolution_clock)::now|random_device|sleep_for|sleep_until|"
    r"\bgettimeofday\b|\bclock_gettime\b|\bgetenv\b|\brand\(\)|\bstd::time\b")
MAY_BE_NONDETERMINISTIC = ("api/base/clock.cc", "api/base/random.cc", "controller/cmd/")
# Orders that differ from one run to the next: only where nothing follows from them.
UNORDERED = re.compile(r"\bunordered_(map|set)\b|\bstd::hash\b|\bthis_thread::get_id\b")
MAY_BE_UNORDERED = (
    "api/codec/schema_validate.cc",  # looked up, never walked through
    # Whether it is this thread that waits for itself:
    "api/base/thread_timers.cc", "api/store/event_hub.cc", "controller/runtime/hint_hub.cc",
    "controller/store/sqlite/sqlite_store.cc", "controller/cmd/")
MAX_LINES = 800


def module_of(path):
    best = ""
    for name in list(ALLOWED) + ["controller/cmd", "tests"]:
        if (path == name or path.startswith(name + "/")) and len(name) > len(best):
            best = name
    return best


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    findings = []
    for top in ("api", "controller", "reconcilers", "tests"):
        for file in sorted(root.joinpath(top).rglob("*")):
            if file.suffix not in (".h", ".cc"):
                continue
            path = file.relative_to(root).as_posix()
            text = file.read_text()
            lines = text.splitlines()
            if len(lines) > MAX_LINES:
                findings.append(f"{path}: {len(lines)} lines; a file has at most {MAX_LINES}")
            if top == "tests":
                continue
            module = module_of(path)
            if not module:
                findings.append(f"{path}: belongs to no module of tests/support/check_layers.py")
                continue
            if file.suffix == ".h" and "#pragma once" not in text:
                findings.append(f"{path}: no #pragma once")
            for number, line in enumerate(lines, 1):
                if not path.startswith(MAY_BE_NONDETERMINISTIC) and NONDETERMINISM.search(line.split("//")[0]):
                    findings.append(f"{path}:{number}: time, chance and environment are injected: {line.strip()}")
                if not path.startswith(MAY_BE_UNORDERED) and UNORDERED.search(line.split("//")[0]):
                    findings.append(f"{path}:{number}: this order differs from run to run: {line.strip()}")
                match = re.match(r'\s*#include "([^"]+)"', line)
                if not match or module == "controller/cmd":
                    continue
                target = match.group(1)
                if not root.joinpath(target).exists():
                    continue  # generated
                other = module_of(target)
                if other == module or target in ALLOWED[module] or other in ALLOWED[module]:
                    continue
                findings.append(f"{path}:{number}: {module} may not include {target}")
    for finding in findings:
        print(finding)
    print(f"check_layers: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
