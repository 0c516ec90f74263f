"""The customer's pages beside those of Odoo."""

from ..server import Server, Visitor
from ..table import Bar, Row
from ..workbench import Workbench

BILLING = "/my/movements/billing"
MOVEMENTS = "/my/movements"
ROWS = 50  # of a page
MANY = 1_000  # deposits of one preview
OTHERS = 200  # customers, so that nobody's deposits are the whole table


def measure(variant):
    """Lists with few and with many deposits, and the preview."""
    with Workbench("pages") as bench:
        few, many = bench.customers(2)
        bench.portal_user("pocos", few)
        bench.portal_user("muchos", many)
        deposits = bench.deposits(few, ROWS)
        lots = _many_deposits(bench, many, variant.deposits)
        bench.deposits(bench.customers(OTHERS), ROWS)
        bench.plain_invoices(list(few) * ROWS, 1)
        plain = bench.plain_invoices(few, ROWS)
        bench.vacuum()
        with Server(bench) as server:
            return [
                *_lists(server, variant),
                *_previews(server, variant, deposits, lots[:MANY], plain),
            ]


def _many_deposits(bench, customer, count):
    """A hundred thousand deposits, multiplied by the database from ORM's own."""
    deposits = bench.deposits(customer, MANY)
    bench.env.flush_all()
    columns = [
        name
        for name, field in deposits._fields.items()
        if field.store and field.column_type and name not in ("id", "date")
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    bench.env.cr.execute(
        f"""INSERT INTO skydrop_deposit ({names}, "date")
            SELECT {names}, "date" - interval '1 minute' * copy
              FROM skydrop_deposit, generate_series(1, %s) AS copy
             WHERE commercial_partner_id = %s""",
        [count // MANY - 1, customer.id],
    )
    return deposits


def _lists(server, variant):
    def open_page(path):
        return lambda _visitor, _number: visitors[path[1]].get(path[0])

    visitors = {login: Visitor(server, login) for login in ("pocos", "muchos")}
    paths = [
        (BILLING, "pocos"),
        ("/my/invoices", "pocos"),
        (BILLING, "muchos"),
        (MOVEMENTS, "pocos"),
        (MOVEMENTS, "muchos"),
    ]
    samples = visitors["pocos"].measure(
        variant.clicks, {path: open_page(path) for path in paths}
    )
    own, floor, own_many, movements, movements_many = (samples[path] for path in paths)
    count = f"{variant.deposits:,} deposits"
    return [
        Row(
            f"billing page, {ROWS} deposits",
            own,
            f"/my/invoices, {ROWS} rows",
            floor,
            [Bar("ratio", 1.5)],
        ),
        Row(f"billing page, {count}", own_many, "itself, 50", own, [Bar("ratio", 1.3)]),
        Row(f"movements, {ROWS} deposits", movements, "/my/invoices", floor),
        Row(f"movements, {count}", movements_many, "itself, 50", movements),
    ]


def _previews(server, variant, deposits, many, plain):
    def preview(choice):
        def open_preview(visitor, _number):
            assert "o_skydrop_generate" in visitor.get(choice).text

        return open_preview

    def report(visitor, _number):
        visitor.get(f"/my/invoices/{plain.id}?report_type=html")

    few, lots = Visitor(server, "pocos"), Visitor(server, "muchos")
    samples = few.measure(
        variant.clicks, {"ours": preview(_choose(few, deposits)), "floor": report}
    )
    large = lots.measure(
        max(3, variant.clicks // 8), {"ours": preview(_choose(lots, many))}
    )
    return [
        Row(
            f"preview, {len(deposits)} deposits",
            samples["ours"],
            "account's HTML report",
            samples["floor"],
            [Bar("ratio", 2.0)],
        ),
        Row(f"preview, {len(many):,} deposits", large["ours"], bars=[Bar("ms", 3_000)]),
    ]


def _choose(visitor, deposits):
    """:return: the address of the preview of these deposits"""
    page = visitor.post(f"{BILLING}/preview", deposit_ids=deposits.ids)
    return page.url.removeprefix(visitor.server.url)
