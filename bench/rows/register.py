"""The API that the platform pushes deposits with."""

from datetime import timezone

from ..measure import in_turns
from ..table import Row
from ..workbench import Workbench

CUSTOMERS = 200


def measure(variant):
    """Register many deposits in one call, and create the same ones."""
    count = variant.registered
    with Workbench("register") as bench:
        customers = bench.customers(CUSTOMERS)
        values = [
            {**values, "reference": f"pago-{number}-{customer.id}"}
            for customer in customers
            for number, values in enumerate(
                bench.deposit_values(customer, count // CUSTOMERS)
            )
        ]
        rows = [_as_sent(each) for each in values]
        Deposit = bench.env["skydrop.deposit"].with_company(bench.company)
        bench.vacuum()

        def ours():
            bench.rollback()
            return lambda: _checked(Deposit.register(rows), count), count

        def floor():
            bench.rollback()
            return lambda: _flushed(bench, Deposit.create(values)), count

        samples = in_turns(variant.rounds, {"ours": ours, "floor": floor})
    return [
        Row(
            f"register, {count:,} deposits",
            samples["ours"],
            "plain create",
            samples["floor"],
        )
    ]


def _as_sent(values):
    """The values of a deposit as the platform sends them."""
    return {
        "reference": values["reference"],
        "partner_id": values["partner_id"],
        "amount": f"{values['amount']:.2f}",
        "currency": "MXN",
        "date": values["date"].replace(tzinfo=timezone.utc).isoformat(),
        "payment_form": values["payment_form"],
    }


def _checked(answers, count):
    assert sum(answer["created"] for answer in answers) == count


def _flushed(bench, deposits):
    bench.env.flush_all()
    assert deposits.exists()
