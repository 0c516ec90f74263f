"""Whether many customers cost more each than few, in time and in memory."""

from ..measure import in_turns
from ..table import Bar, Row
from ..workbench import Workbench
from .automatic import prepare_ours, warm_up


def measure(variant):
    """The first number of customers, and the larger ones, in turns."""
    base, *larger = variant.growth
    rows = []
    for count in larger:
        with Workbench("growth") as bench:
            warm_up(bench)
            samples = in_turns(
                variant.long_rounds if count < 2_000 else 1,
                {
                    base: lambda bench=bench: prepare_ours(bench, base),
                    count: lambda bench=bench, count=count: prepare_ours(bench, count),
                },
            )
        rows.append(
            Row(
                f"automatic, {count:,} customers",
                samples[count],
                f"itself, {base}, each",
                samples[base],
                [Bar("ratio", 1.1), Bar("memory", 1.1)],
                note="The ratio is that of the time per customer.",
            )
        )
    return rows
