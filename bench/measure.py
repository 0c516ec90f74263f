"""Time, queries and memory of things that are done in turns."""

import ctypes
import gc
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from odoo import sql_db


@dataclass
class Sample:
    """One measurement.

    :ivar float seconds: wall time
    :ivar int records: how many records were worked at
    :ivar queries: statements sent to the database, or None where nobody counted
    :ivar peak: the most memory that the process had meanwhile, in MB
    """

    seconds: float
    records: int = 1
    queries: int | None = None
    peak: float | None = None

    as_dict = asdict


class Memory:
    """The peak of a process's memory, which Linux lets us set back."""

    def __init__(self, pid="self"):
        self.folder = Path(f"/proc/{pid}")

    def forget_peak(self):
        """Let the peak be what is in use now."""
        (self.folder / "clear_refs").write_text("5")

    def peak(self):
        """:return: the peak since then, in MB"""
        for line in (self.folder / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise LookupError("This kernel tells no peak of memory (VmHWM).")


def give_back():
    """Give the memory that preparing took back to the system: it is not of what is
    measured, and grows with the number of records prepared."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)


def timed(action, records=1, memory=None):
    """Do something and measure it; statements are counted in this process."""
    memory = memory or Memory()
    give_back()
    memory.forget_peak()
    queries, started = sql_db.sql_counter, time.perf_counter()
    action()
    seconds = time.perf_counter() - started
    return Sample(seconds, records, sql_db.sql_counter - queries, memory.peak())


def in_turns(rounds, sides, warm_up=0):
    """Measure things in turns, so that a machine that is busy for a while is busy for
    each of them.

    :param int rounds: how often each is measured
    :param dict sides: name: function that prepares one measurement, untimed, and
        returns what to time and the number of records it works at
    :param int warm_up: rounds before these, which are not kept
    :return: the samples of each name
    :rtype: dict[str, list[Sample]]
    """
    samples = {name: [] for name in sides}
    for number in range(-warm_up, rounds):
        for name, prepare in sides.items():
            action, records = prepare()
            sample = timed(action, records)
            if number >= 0:
                samples[name].append(sample)
    return samples
