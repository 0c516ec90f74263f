"""Two jobs of automatic invoicing at once, each in a process of its own."""

import contextlib
import subprocess
import sys

from .. import jobs
from ..measure import in_turns
from ..table import Bar, Row
from ..workbench import Workbench
from .automatic import DEPOSITS, warm_up


def measure(variant):
    """The same work for two jobs, and for one."""
    count = variant.customers
    with Workbench("parallel") as bench:
        warm_up(bench)
        samples = in_turns(
            variant.long_rounds,
            {
                "two": lambda: _prepare(bench, count, 2),
                "one": lambda: _prepare(bench, count, 1),
            },
        )
    for sample in [*samples["two"], *samples["one"]]:
        # What happens in other processes nobody counted here.
        sample.queries = sample.peak = None
    return [
        Row(
            f"automatic, {count} customers, two jobs",
            samples["two"],
            "one job",
            samples["one"],
            [Bar("gain", 1.6)],
            note="The bar is on how many times as fast two jobs are.",
        )
    ]


def _prepare(bench, count, number):
    customers = bench.customers(count)
    bench.deposits(customers, DEPOSITS)
    rules = bench.rules(customers)
    bench.vacuum()
    processes = [_start(bench.db, job) for job in range(1, number + 1)]

    def run():
        for process in processes:
            print(file=process.stdin, flush=True)
        for process in processes:
            _wait_for(process, "done")
        with contextlib.ExitStack() as stack:
            for process in processes:
                stack.enter_context(process)
        bench.rollback()
        made = len(jobs.invoices_of(bench.env, rules))
        assert made == count, f"{made} invoices of {count}"

    return run, count


def _start(database, number):
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.job", database, str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    _wait_for(process, "ready")
    return process


def _wait_for(process, word):
    answer = process.stdout.readline().strip()
    if answer != word:
        raise RuntimeError(f"The job answers {answer!r} instead of {word!r}.")
