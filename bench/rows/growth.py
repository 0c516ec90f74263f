"""Whether many customers cost more each than few, in time and in memory."""

from ..measure import in_turns
from ..table import Bar, Row
from ..workbench import Workbench
from .automatic import prepare_ours


def measure(variant):
    """The first number of customers, and the larger ones, in turns."""
    base, *larger = variant.growth
    rows = []
    for count in larger:
        with Workbench("growth") as bench:
            # The first run of a process is slower; a short one will do.
            prepare_ours(bench, base // 10)[0]()
            samples = in_turns(
                max(1, variant.rounds // (2 if count > 2_000 else 1)),
                {
                    base: lambda bench=bench: prepare_ours(bench, base),
                    count: lambda bench=bench, count=count: prepare_ours(bench, count),
                },
                warm_up=0,
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
