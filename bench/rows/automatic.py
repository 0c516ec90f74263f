"""Automatic invoicing beside plain invoices of the same data, created and posted in
batches of five hundred: the floor that nothing built on Odoo can be far below."""

from odoo.tools import split_every

from .. import jobs
from ..measure import in_turns
from ..table import Bar, Row
from ..workbench import Workbench

DEPOSITS = 3  # of each customer
FLOOR_BATCH = 500
WARM_UP = 20  # customers


def measure(variant):
    """Some hundred customers, whose window is over."""
    with Workbench("automatic") as bench:
        warm_up(bench)
        samples = in_turns(
            variant.rounds,
            {
                "ours": lambda: prepare_ours(bench, variant.customers),
                "floor": lambda: prepare_floor(bench, variant.customers),
            },
        )
    return [
        Row(
            f"automatic, {variant.customers} customers",
            samples["ours"],
            f"plain, batches of {FLOOR_BATCH}",
            samples["floor"],
            [Bar("ratio", 1.0), Bar("queries", 9)],
        )
    ]


def warm_up(bench):
    """Make a few invoices of both kinds: the first ones of a process are slower."""
    for prepare in (prepare_ours, prepare_floor):
        prepare(bench, WARM_UP)[0]()


def prepare_ours(bench, count, number=1):
    """:return: the job's work for so many customers, and their number"""
    customers = bench.customers(count)
    bench.deposits(customers, DEPOSITS)
    rules = bench.rules(customers)
    bench.vacuum()

    def run():
        jobs.work_off(bench.env, bench.company, number)
        made = len(jobs.invoices_of(bench.env, rules))
        assert made == count, f"{made} invoices of {count}"

    return run, count


def prepare_floor(bench, count):
    """:return: plain invoices of the same data, and their number"""
    customers = bench.customers(count)
    bench.vacuum()

    def run():
        for batch in split_every(FLOOR_BATCH, customers.ids, customers.browse):
            bench.plain_invoices(batch, DEPOSITS)
            bench.env.cr.commit()

    return run, count
