"""The PDF of an invoice, as customers and accountants ask for it."""

from ..server import Server, Visitor
from ..table import Bar, Row
from ..workbench import Workbench

LINES = 10
BATCH = 20
WARM_UP = 2


def measure(variant):
    """The first download of one invoice, and twenty printed at once."""
    rounds = max(3, variant.clicks // 4)
    with Workbench("pdf") as bench:
        customer = bench.customers(1)
        bench.portal_user("uno", customer)
        bench.accountant("contable")
        count = max(rounds + WARM_UP, BATCH)
        ours = bench.env["account.move"].concat(
            *[
                bench.deposits(customer, LINES)._create_invoices()
                for _number in range(count)
            ]
        )
        plain = bench.plain_invoices(list(customer) * count, LINES)
        bench.vacuum()
        with Server(bench) as server:
            single = Visitor(server, "uno").measure(
                rounds, {"ours": _download(ours), "floor": _download(plain)}, WARM_UP
            )
            batch = Visitor(server, "contable").measure(
                variant.rounds,
                {
                    "ours": _print("skydrop_facturacion.report_invoice", ours),
                    "floor": _print("account.report_invoice", plain),
                },
                1,
            )
    return [
        Row(
            f"PDF, {LINES} deposits, first download",
            single["ours"],
            "Odoo's own",
            single["floor"],
            [Bar("ratio", 0.2)],
        ),
        Row(
            f"PDF, {BATCH} invoices at once",
            batch["ours"],
            "Odoo's own",
            batch["floor"],
        ),
    ]


def _download(moves):
    """Each time another invoice: the file is kept from then on."""

    def download(visitor, number):
        move = moves[number + WARM_UP]
        answer = visitor.get(f"/my/invoices/{move.id}?report_type=pdf&download=true")
        assert answer.content.startswith(b"%PDF"), answer.content[:200]

    return download


def _print(report, moves):
    ids = ",".join(map(str, moves[:BATCH].ids))

    def print_all(visitor, _number):
        answer = visitor.get(f"/report/pdf/{report}/{ids}")
        assert answer.content.startswith(b"%PDF"), answer.content[:200]

    return print_all
