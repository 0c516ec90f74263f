"""Automatic invoicing of deposits whose payments are in Odoo."""

from .. import jobs
from ..measure import in_turns
from ..table import Bar, Row
from ..workbench import Workbench
from .automatic import DEPOSITS, WARM_UP


def measure(variant):
    """Invoices that end up paid, beside plain ones reconciled with as many payments
    in one plan."""
    count = max(20, variant.customers // 5)
    with Workbench("payments") as bench:
        for prepare in (_prepare_ours, _prepare_floor):
            prepare(bench, WARM_UP)[0]()
        samples = in_turns(
            variant.rounds,
            {
                "ours": lambda: _prepare_ours(bench, count),
                "floor": lambda: _prepare_floor(bench, count),
            },
        )
    return [
        Row(
            f"automatic with payments, {count} customers",
            samples["ours"],
            "plain + _reconcile_plan",
            samples["floor"],
            [Bar("ratio", 1.1)],
        )
    ]


def _payments(bench, customers):
    """A posted payment for each deposit that each customer will have."""
    payments = bench.env["account.payment"].create(
        [
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": customer.id,
                "amount": amount,
                "currency_id": bench.company.currency_id.id,
                "company_id": bench.company.id,
            }
            for customer in customers
            for amount in bench.amounts(DEPOSITS)
        ]
    )
    payments.action_post()
    return payments


def _prepare_ours(bench, count):
    customers = bench.customers(count)
    payments = _payments(bench, customers)
    deposits = bench.deposits(customers, DEPOSITS)
    for deposit, payment in zip(deposits, payments, strict=True):
        deposit.payment_id = payment
    rules = bench.rules(customers)
    bench.vacuum()

    def run():
        jobs.work_off(bench.env, bench.company)
        _check(jobs.invoices_of(bench.env, rules), count)

    return run, count


def _prepare_floor(bench, count):
    customers = bench.customers(count)
    payments = _payments(bench, customers)
    bench.vacuum()

    def run():
        moves = bench.plain_invoices(customers, DEPOSITS)
        credits = _receivables(payments.move_id).grouped("partner_id")
        moves.env["account.move.line"]._reconcile_plan(
            [line + credits[line.partner_id] for line in _receivables(moves)]
        )
        bench.env.cr.commit()
        _check(moves, count)

    return run, count


def _receivables(moves):
    return moves.line_ids.filtered(
        lambda line: line.account_id.account_type == "asset_receivable"
    )


def _check(moves, count):
    assert len(moves) == count, f"{len(moves)} invoices of {count}"
    assert set(moves.mapped("payment_state")) <= {"paid", "in_payment"}, moves.mapped(
        "payment_state"
    )
