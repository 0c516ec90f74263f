"""One invoice, of few and of many deposits."""

from ..measure import in_turns
from ..table import Bar, Row
from ..workbench import Workbench

LIMITS = {1: None, 10: None, 100: None, 1_000: 1.1}  # ratio by number of deposits


def measure(variant):
    """Create and post an invoice of deposits, and a plain one of as many lines."""
    with Workbench("generate") as bench:
        customer, neighbour = bench.customers(2)
        deposits = bench.deposits(customer, max(LIMITS))
        # The first invoices of a process are slower, and those of a journal too.
        for _number in range(2):
            bench.plain_invoices(neighbour, 1)
            bench.deposits(customer, 1)._create_invoices()
        bench.vacuum()
        return [
            _measure_one(bench, variant, deposits[:count], neighbour, limit)
            for count, limit in LIMITS.items()
        ]


def _measure_one(bench, variant, deposits, neighbour, limit):
    count = len(deposits)

    def ours():
        bench.rollback()
        return lambda: _flushed(bench, deposits._create_invoices()), count

    def floor():
        bench.rollback()
        return lambda: _flushed(bench, bench.plain_invoices(neighbour, count)), count

    rounds = max(variant.rounds, variant.clicks // max(1, count // 10))
    samples = in_turns(rounds, {"ours": ours, "floor": floor})
    return Row(
        f"invoice of {count:,} deposits",
        samples["ours"],
        f"plain, {count:,} lines",
        samples["floor"],
        [Bar("ratio", limit)] if limit else [],
    )


def _flushed(bench, move):
    bench.env.flush_all()
    assert move.state == "posted"
