"""``python -m bench [GROUP …]``: measure, then print the table and keep it as JSON."""

import json
import os
import pickle
import platform
import re
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from devenv.console import Stop, say, step
from devenv.environment import Environment
from devenv.odoo_source import release_of
from devenv.paths import DEV, LOGS

from . import table
from .rows import GROUPS
from .variant import VARIANTS

RESULTS = DEV / "bench"


def main(wanted):
    """Measure the groups asked for, or all; return the exit code."""
    groups = choose(wanted)
    variant = os.environ.setdefault("BENCH", "normal")
    if variant not in VARIANTS:
        raise Stop(f"BENCH={variant} is none of {', '.join(VARIANTS)}")
    machine = describe_machine()
    started = time.monotonic()
    rows, failed = [], []
    for group in groups:
        measured = measure(group)
        rows += measured
        if not measured:
            failed.append(group)
    minutes = (time.monotonic() - started) / 60
    facts = {
        **machine,
        "variant": variant,
        "minutes": round(minutes, 1),
        "load": os.getloadavg(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    keep(facts, rows, failed)
    print(f"\n{table.as_text(rows)}\n")
    for name, value in facts.items():
        print(f"{name}: {value}")
    missed = [row.name for row in rows if not row.is_met()]
    print(f"missed: {', '.join(missed) or 'none'}")
    if failed:
        say(f"not measured, because of an error: {', '.join(failed)}")
    return 1 if failed else 0


def choose(wanted):
    """:return: the groups whose name begins with a word asked for"""
    groups = [
        group for group in GROUPS if not wanted or group.startswith(tuple(wanted))
    ]
    if not groups:
        raise Stop("there are no such rows", f"choose from {', '.join(GROUPS)}")
    return groups


def measure(group):
    """:return: the rows of a group, none if it failed"""
    log = LOGS / f"bench_{group}.log"
    with tempfile.TemporaryDirectory() as folder, step(f"Measuring: {group}"):
        target = Path(folder) / "rows"
        with open(log, "wb") as file:
            done = subprocess.run(
                [sys.executable, "-m", "bench.one", group, target],
                check=False,
                stdout=file,
                stderr=file,
            )
        if not done.returncode:
            return pickle.loads(target.read_bytes())
        say(f"   {group} failed: look into {log}")
        return []


def describe_machine():
    """:return: what the figures depend on"""
    environment = Environment()
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return {
        "machine": cpu.group(1) if cpu else platform.machine(),
        "cpus": os.cpu_count(),
        "memory": f"{int(memory.group(1)) // 1024**2} GB",
        "system": platform.platform(),
        "python": platform.python_version(),
        "odoo": ".".join(release_of(environment.odoo.library)),
        "postgresql": environment.server.sql("show server_version"),
        "fsync": environment.server.sql("show fsync"),
    }


def keep(facts, rows, failed):
    """Write the run as JSON, under its date and as the last one."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(
        {**facts, "failed": failed, "rows": [row.as_dict() for row in rows]}, indent=1
    )
    for name in (facts["date"].replace(":", ""), "last"):
        (RESULTS / f"{name}.json").write_text(text)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stopped:
        say(stopped)
        sys.exit(1)
