"""What one tick costs the server."""

from ..server import Server, Visitor
from ..table import Bar, Row
from ..workbench import Workbench

PATH = "/my/movements/billing/estimate"
LIMITS = {1: None, 50: 25, 1_000: 150}  # milliseconds by number of ticks


def measure(variant):
    """The figures of the card, for few and many ticks."""
    with Workbench("estimate") as bench:
        customer = bench.customers(1)
        bench.portal_user("uno", customer)
        deposits = bench.deposits(customer, max(LIMITS))
        bench.vacuum()
        with Server(bench) as server:
            samples = Visitor(server, "uno").measure(
                variant.clicks, {count: _tick(deposits, count) for count in LIMITS}
            )
    return [
        Row(
            f"estimate, {count} ticks",
            ours=samples[count],
            bars=[Bar("ms", limit)] if limit else [],
        )
        for count, limit in LIMITS.items()
    ]


def _tick(deposits, count):
    ids = deposits[:count].ids

    def tick(visitor, _number):
        answer = visitor.call(PATH, deposit_ids=ids)
        assert answer["count"] == count, answer

    return tick
