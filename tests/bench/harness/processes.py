"""The processor time of processes: of a tree that still runs, and of a command that runs to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.fork_server import ROOT

LINUX: Final = sys.platform == "linux"
TICK: Final = os.sysconf("SC_CLK_TCK")
LAUNCHER: Final = """
import json, os, sys, time
start = time.perf_counter()
child = os.fork()
if child == 0:
    os.execvpe(sys.argv[2], sys.argv[2:], dict(os.environ))
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - start
with open(sys.argv[1], "w") as file:
    json.dump([wall, used.ru_utime + used.ru_stime, used.ru_maxrss, os.waitstatus_to_exitcode(status)], file)
"""
"""A small process between the benchmark and the command: a child's greatest memory begins with that of its parent."""


@dataclass(frozen=True)
class Ended:
    """A command that ran to its end: seconds of wall clock and of processor with all of its children, greatest MB."""

    wall: float
    cpu: float
    memory: float
    output: str


def run_command(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path = ROOT,
    *,
    status: Container[int] = (0,),
) -> Ended:
    """Run a command to its end. Raises RuntimeError, with its last words, if it ends with another exit status."""
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", LAUNCHER, f"/dev/fd/{writing}", *command],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            pass_fds=[writing],
        )
    finally:
        os.close(writing)
    with os.fdopen(reading) as file:
        said = file.read()
    if not said:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()[-300:]}")
    wall, cpu, memory, ended = json.loads(said)
    if ended not in status:
        raise RuntimeError(f"{' '.join(command[:4])} ended with {ended}: {done.stderr.strip()[-300:]}")
    return Ended(wall, cpu, memory / (1024 if LINUX else 1024**2), done.stdout)


def cpu_of(pid: int) -> float:
    """Return the seconds of processor that a process of ours has used, all threads, ended ones too.

    Raises OSError if there is no such process.
    """
    if LINUX:
        return time.clock_gettime(
            (~pid << 3) | 2
        )  # the process's own clock, in the form of clock_getcpuclockid
    return dict(_by_ps()).get(pid, (0, 0.0))[1]


def cpu_of_tree(pid: int) -> float:
    """Return the seconds of processor of a process and of all that came from it, ended children too."""
    if not LINUX:
        known = dict(_by_ps())
        return sum(
            known[one][1] for one in _tree(pid, {child: parent for child, (parent, _) in known.items()})
        )
    parents, ended = _by_proc()
    total = 0.0
    for one in _tree(pid, parents):
        try:
            total += cpu_of(one) + ended[one]
        except OSError:
            continue  # it ended meanwhile, and its parent has its time
    return total


def _tree(root: int, parents: Mapping[int, int]) -> list[int]:
    children = defaultdict(list)
    for child, parent in parents.items():
        children[parent].append(child)
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += children[found[-1]]
    return found


def _by_proc() -> tuple[dict[int, int], dict[int, float]]:
    """Return each process's parent, and the seconds of its ended children."""
    parents: dict[int, int] = {}
    ended: dict[int, float] = {}
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            try:
                stat = Path("/proc", entry, "stat").read_text("utf-8", "replace")
            except OSError:
                continue
            fields = stat.rpartition(")")[2].split()
            parents[int(entry)] = int(fields[1])
            ended[int(entry)] = (int(fields[13]) + int(fields[14])) / TICK
    return parents, ended


def _by_ps() -> Iterable[tuple[int, tuple[int, float]]]:
    done = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,time="], capture_output=True, text=True, check=True)
    return parse_ps(done.stdout)


def parse_ps(said: str) -> list[tuple[int, tuple[int, float]]]:
    """Return (process, (parent, seconds of processor)) of each line that `ps -o pid=,ppid=,time=` wrote."""
    found = []
    for line in said.splitlines():
        pid, parent, used = line.split()
        days, _, clock = used.rpartition("-")
        seconds = 0.0
        for part in clock.split(":"):
            seconds = seconds * 60 + float(part)
        found.append((int(pid), (int(parent), seconds + 86_400 * int(days or 0))))
    return found


def all_processors() -> float:
    """Return the seconds that the processors of this machine have worked since it started; 0 if that is not known."""
    if not LINUX:
        return 0.0
    fields = Path("/proc/stat").read_text("utf-8").splitlines()[0].split()[1:9]
    user, nice, system, _idle, _waiting, irq, soft_irq, stolen = map(int, fields)
    return (user + nice + system + irq + soft_irq + stolen) / TICK
