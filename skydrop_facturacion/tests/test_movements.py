import io
import re
from datetime import date, datetime
from unittest.mock import patch

from freezegun import freeze_time
from pypdf import PdfReader

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_actions_report

from ..controllers import statement
from .http_common import SkydropHttpCommon

MOVEMENTS = "/my/movements"


class MovementsCommon(SkydropHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_customer = cls._create_customer("Otra empresa")
        cls.foreign = cls._create_deposits(
            777, partner_id=cls.other_customer.id, reference="AJENO-1"
        )

    def _open(self, path="", **params):
        return self.url_open(MOVEMENTS + path, params=params)

    def _rows(self, page):
        """:return: kind and name of each row, in the order of the list"""
        return [
            (kind, name.strip())
            for kind, name in re.findall(
                r'<li[^>]*data-skydrop="(deposit|invoice)".*?<strong>(.*?)</strong>',
                page.text,
                re.S,
            )
        ]

    def _references(self, page):
        return [name for _kind, name in self._rows(page)]

    def _figures(self, page):
        """:return: this month and all time of each figure, as numbers"""
        figures = {}
        for name, node in re.findall(
            r'data-skydrop="(deposited|invoiced|to_invoice)"[^>]*>(.*?)</td>',
            page.text,
            re.S,
        ):
            text = re.sub(r"<[^>]*>|[^\d.]", "", re.sub(r"<[^>]*>", "", node))
            figures.setdefault(name, []).append(float(text))
        return figures


@tagged("post_install", "-at_install")
class TestMovements(MovementsCommon):
    # ------------------------------------------------------------------
    # The list
    # ------------------------------------------------------------------

    def test_deposits_and_invoices_in_one_list(self):
        old, new = self._create_deposits(100, 200)
        old.write({"reference": "REC-1", "date": datetime(2026, 3, 1, 12)})
        new.write({"reference": "REC-2", "date": datetime(2026, 3, 2, 12)})
        invoice = old._create_invoices()
        self._sign_in()
        page = self._open()
        self.assertEqual(
            self._rows(page),
            [("invoice", invoice.name), ("deposit", "REC-2"), ("deposit", "REC-1")],
        )
        self.assertIn(f'href="/my/invoices/{invoice.id}"', page.text)
        self.assertIn("COMERCIALIZADORA LUNA", page.text)

    def test_cancelled_invoice_stays_without_link(self):
        invoice = self._create_deposits(100)._create_invoices()
        invoice.button_draft()
        invoice.button_cancel()
        self._sign_in()
        page = self._open()
        self.assertIn(("invoice", invoice.name), self._rows(page))
        self.assertNotIn(f'href="/my/invoices/{invoice.id}"', page.text)

    def test_draft_invoice_is_not_shown(self):
        deposit = self._create_deposits(100)
        self.env["account.move"].create(deposit._prepare_invoice_values(self.customer))
        self._sign_in()
        self.assertEqual(self._rows(self._open()), [("deposit", deposit.name)])

    def test_invoice_of_an_extra_receiver_is_shown(self):
        receiver = self._create_customer(
            "Luna Norte", parent_id=self.customer.id, type="other"
        )
        invoice = self._create_deposits(100)._create_invoices(receiver)
        self._sign_in()
        self.assertIn(("invoice", invoice.name), self._rows(self._open()))

    def test_sorted(self):
        for amount, day in ((200, 1), (300, 2), (100, 3)):
            self._create_deposits(
                amount, reference=f"R{amount}", date=datetime(2026, 3, day, 12)
            )
        self._sign_in()
        for sortby, references in (
            ("date", ["R100", "R300", "R200"]),
            ("oldest", ["R200", "R300", "R100"]),
            ("amount", ["R300", "R200", "R100"]),
        ):
            with self.subTest(sortby=sortby):
                page = self._open(sortby=sortby)
                self.assertEqual(self._references(page), references)

    def test_filtered(self):
        open_one = self._create_deposits(100, reference="OPEN")
        invoiced = self._create_deposits(200, reference="DONE")
        self._create_deposits(50, reference="COUPON", origin="coupon")
        self._create_deposits(60, reference="CANCELLED").action_cancel()
        invoice = invoiced._create_invoices()
        self._sign_in()
        for filterby, names in (
            ("to_invoice", {open_one.reference}),
            ("invoiced", {"DONE"}),
            ("not_billable", {"COUPON", "CANCELLED"}),
            ("invoices", {invoice.name}),
            ("all", {"OPEN", "DONE", "COUPON", "CANCELLED", invoice.name}),
        ):
            with self.subTest(filterby=filterby):
                page = self._open(filterby=filterby)
                self.assertEqual(set(self._references(page)), names)

    def test_partly_invoiced_is_both(self):
        deposit = self._create_deposits(100, reference="PART")
        invoice = deposit._create_invoices()
        self._credit(invoice, 40)
        self.assertEqual(deposit.invoice_status, "partial")
        self._sign_in()
        for filterby in ("to_invoice", "invoiced"):
            page = self._open(filterby=filterby)
            self.assertEqual(self._references(page), ["PART"])

    def _credit(self, invoice, amount):
        refund = invoice._reverse_moves()
        line = refund.invoice_line_ids
        line.price_unit = line.price_unit * amount / line.price_total
        refund.action_post()

    # ------------------------------------------------------------------
    # Search
    # ------------------------------------------------------------------

    def test_searched(self):
        self._create_deposits(1500.50, reference="ABC-1")
        self._create_deposits(1501, reference="ABC-2")
        deposit = self._create_deposits(1500, reference="XYZ-15")
        invoice = deposit._create_invoices()
        self._sign_in()
        for search, search_in, names in (
            ("abc", "all", {"ABC-1", "ABC-2"}),
            ("XYZ", "reference", {"XYZ-15", invoice.name}),
            (invoice.name, "all", {invoice.name}),
            ("1500", "amount", {"ABC-1", "XYZ-15", invoice.name}),
            ("1,500.50", "amount", {"ABC-1"}),
            ("$1,500.5", "all", {"ABC-1"}),
            ("$ 1,501.00 MXN", "all", {"ABC-2"}),
            ("15", "amount", set()),
            ("abc", "amount", set()),
            ("AJENO", "all", set()),
            ("777", "all", set()),
        ):
            with self.subTest(search=search, search_in=search_in):
                page = self._open(search=search, search_in=search_in)
                self.assertEqual(set(self._references(page)), names)

    def test_nothing_found(self):
        self._create_deposits(100)
        self._sign_in()
        page = self._open(search="nada")
        self.assertIn("Nothing fits", page.text)
        self.assertNotIn("You have no deposits yet", page.text)

    def test_search_is_text(self):
        self._sign_in()
        page = self._open(search='"><script>x')
        self.assertNotIn("<script>x", page.text)

    def test_junk_parameters(self):
        self._create_deposits(100)
        self._sign_in()
        for params in (
            {"sortby": "x", "filterby": "x", "search_in": "x"},
            {"sortby": "", "filterby": "name; drop table"},
            {"page": "x"},
            {"page": "²"},
            {"page": "-1"},
            {"page": "9" * 30},
            {"search": "%"},
            {"search": "\\"},
            {"search": "a\x00b"},
            {"search": "9" * 500},
            {"search": "1e5", "search_in": "amount"},
            {"search": "²", "search_in": "amount"},
            {"search": "NaN", "search_in": "amount"},
            {"unknown": "1"},
        ):
            with self.subTest(params=params):
                self.assertEqual(self._open(**params).status_code, 200)
        for path in ("/page/0", "/page/99999999999999999999"):
            with self.subTest(path=path):
                self.assertEqual(self._rows(self._open(path))[0][0], "deposit")

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    def test_pages_cover_everything_once(self):
        deposits = self._create_deposits(*range(1, 59))
        deposits[:10]._create_invoices()
        self._sign_in()
        seen = []
        for number in (1, 2, 3):
            seen += self._rows(self._open(f"/page/{number}", sortby="amount"))
        self.assertEqual(len(seen), 59)
        self.assertEqual(len(set(seen)), 59)
        beyond = self._rows(self._open("/page/9", sortby="amount"))
        self.assertEqual(beyond, seen[50:])

    def test_pager_keeps_the_parameters(self):
        self._create_deposits(*range(1000, 1060))
        self._sign_in()
        page = self._open(
            sortby="amount", filterby="to_invoice", search="10", search_in="amount"
        )
        self.assertFalse(self._rows(page))
        page = self._open(sortby="amount", filterby="to_invoice", search="DEP")
        link = re.search(r'href="(/my/movements/page/2\?[^"]*)"', page.text).group(1)
        for part in ("sortby=amount", "filterby=to_invoice", "search=DEP"):
            self.assertIn(part, link)

    def test_queries_do_not_grow_with_the_rows(self):
        few = self._create_deposits(1, 2, 3, 4)
        few[0]._create_invoices()
        self._sign_in()
        self._open()
        with_few = self._count_queries()
        more = self._create_deposits(*range(10, 40))
        for deposit in more[:12]:
            deposit._create_invoices()
        rows = self._rows(self._open())
        self.assertEqual(len(rows), 25)
        self.assertEqual(len({kind for kind, _name in rows}), 2)
        self.assertEqual(self._count_queries(), with_few)

    def _count_queries(self):
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self._open()
        return self.env.cr.sql_log_count - before

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    @freeze_time("2026-02-10 18:00:00")
    def test_figures(self):
        # 23:30 on 31 January in Mexico City, then 00:10 on 1 February
        self._create_deposits(100, date=datetime(2026, 2, 1, 5, 30))
        february = self._create_deposits(200, 40, date=datetime(2026, 2, 1, 6, 10))
        self._create_deposits(50, origin="coupon", date=datetime(2026, 2, 2, 12))
        self._create_deposits(30, date=datetime(2026, 2, 2, 12)).action_cancel()
        february[0]._create_invoices()
        self._sign_in()
        self.assertEqual(
            self._figures(self._open()),
            {
                "deposited": [240, 340],
                "invoiced": [200, 200],
                "to_invoice": [40, 140],
            },
        )

    @freeze_time("2026-02-01 05:30:00")
    def test_figures_in_the_last_hour_of_a_month(self):
        self._create_deposits(100, date=datetime(2026, 1, 15, 12))
        self._sign_in()
        self.assertEqual(self._figures(self._open())["deposited"], [100, 100])

    def test_figures_per_currency(self):
        self._create_deposits(100)
        self._create_deposits(70, currency_id=self.usd.id)
        self._sign_in()
        page = self._open()
        self.assertEqual(
            re.findall(r'data-currency="(\w+)"', page.text), ["MXN", "USD"]
        )
        self.assertEqual(self._figures(page)["deposited"], [0, 100, 0, 70])

    # ------------------------------------------------------------------
    # Who may
    # ------------------------------------------------------------------

    def test_dollars_are_told_from_pesos(self):
        (self._create_deposits(50) + self._create_deposits(70))._create_invoices()
        self._create_deposits(90, currency_id=self.usd.id)._create_invoices()
        self._sign_in()
        for path in ("", "/billing/invoices"):
            with self.subTest(path=path):
                rows = [
                    " ".join(re.sub(r"<[^>]*>", " ", row).split())
                    for row in re.findall(
                        r'<li[^>]*data-skydrop="\w+".*?</li>',
                        self._open(path).text,
                        re.S,
                    )
                ]
                self.assertTrue(any("120.00" in row for row in rows), rows)
                for row in rows:
                    self.assertEqual("90.00 USD" in row, "90.00" in row, row)
                    self.assertNotIn("MXN", row)

    def test_another_customer_sees_nothing_of_mine(self):
        deposit = self._create_deposits(100, reference="MINE")
        invoice = deposit._create_invoices()
        self._sign_in(self._create_portal_user("otra", self.other_customer))
        page = self._open()
        self.assertEqual(self._references(page), ["AJENO-1"])
        self.assertNotIn(invoice.name, page.text)
        self.assertEqual(self._figures(page)["deposited"][1], 777)

    def test_another_company_is_another_list(self):
        company = self.env["res.company"].create({"name": "Otra compañía"})
        self._create_deposits(100, reference="HERE")
        self.env["skydrop.deposit"].create(
            {
                "partner_id": self.customer.id,
                "company_id": company.id,
                "currency_id": self.mxn.id,
                "amount": 5,
                "date": datetime(2026, 3, 10, 12),
                "payment_form": "03",
                "reference": "THERE",
            }
        ).action_confirm()
        self._sign_in()
        page = self._open()
        self.assertEqual(self._references(page), ["HERE"])
        self.assertEqual(self._figures(page)["deposited"][1], 100)


@tagged("post_install", "-at_install")
class TestStatement(MovementsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # 23:30 on 31 January in Mexico City, then 00:10 on 1 February
        cls.january = cls._create_deposits(
            1000.01, reference="ENERO-1", date=datetime(2026, 2, 1, 5, 30)
        )
        cls.february = cls._create_deposits(
            2500.50, reference="FEBRERO-1", date=datetime(2026, 2, 1, 6, 10)
        )
        cls.coupon = cls._create_deposits(
            50, reference="CUPON-1", origin="coupon", date=datetime(2026, 1, 9, 12)
        )
        cls.invoice = cls.january._create_invoices()

    def _statement(self, date_from="2026-01-01", date_to="2026-01-31"):
        return self._open("/statement", date_from=date_from, date_to=date_to)

    def _text(self, page):
        """:return: text of each sheet, as one line"""
        self.assertEqual(page.status_code, 200)
        self.assertEqual(page.headers["Content-Type"], "application/pdf")
        sheets = PdfReader(io.BytesIO(page.content)).pages
        return [" ".join(sheet.extract_text().split()) for sheet in sheets]

    def test_deposits_of_the_month(self):
        self._sign_in()
        page = self._statement()
        (text,) = self._text(page)
        for expected in (
            "Statement of deposits",
            "COMERCIALIZADORA LUNA",
            "CLU150408H76",
            "ENERO-1",
            self.invoice.name,
            "CUPON-1",
            "1,000.01",
            "1,050.01",
            "Page 1 of 1",
        ):
            self.assertIn(expected, text)
        for other in ("FEBRERO-1", "AJENO-1"):
            self.assertNotIn(other, text)
        self.assertIn("2026-01-01", page.headers["Content-Disposition"])

    def test_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("es_MX")
        self.env["ir.module.module"].search(
            [("name", "=", "skydrop_facturacion")]
        )._update_translations(["es_MX"])
        self.portal_user.lang = "es_MX"
        self._sign_in()
        (text,) = self._text(self._statement())
        for expected in ("Estado de depósitos", "31 de enero de 2026", "Página 1 de 1"):
            self.assertIn(expected, text)

    def test_each_page_has_the_head_of_the_table(self):
        self._create_deposits(
            *range(1, 121), date=datetime(2026, 5, 5, 12), reference=False
        )
        self._sign_in()
        sheets = self._text(self._statement("2026-05-01", "2026-05-31"))
        self.assertGreater(len(sheets), 2)
        for number, text in enumerate(sheets, start=1):
            self.assertIn("Form of payment", text)
            self.assertIn(f"Page {number} of {len(sheets)}", text)
        self.assertIn("7,260.00", sheets[-1])

    def test_totals_never_stand_alone(self):
        """Of these numbers of rows, one fills a sheet and one a row less."""
        deposits = self._create_deposits(
            *range(1, 58), date=datetime(2026, 5, 5, 12), reference=False
        )
        self._sign_in()
        for count in (57, 56, 25, 23):
            deposits[count:].filtered(lambda d: d.state != "cancelled").action_cancel()
            with self.subTest(count=count):
                sheets = self._text(self._statement("2026-05-01", "2026-05-31"))
                self.assertIn("Total", sheets[-1])
                self.assertIn("DEP/", sheets[-1], "the totals stand alone")
                for deposit in deposits[:count]:
                    self.assertEqual(sum(deposit.name in text for text in sheets), 1)

    def test_this_month_without_dates(self):
        with freeze_time("2026-01-20 12:00:00"):
            self._sign_in()
            (text,) = self._text(self._open("/statement"))
        self.assertIn("ENERO-1", text)
        self.assertNotIn("FEBRERO-1", text)

    def test_one_date(self):
        self._sign_in()
        (text,) = self._text(self._open("/statement", date_from="2026-02-01"))
        self.assertIn("FEBRERO-1", text)
        (text,) = self._text(self._open("/statement", date_to="2026-01-31"))
        self.assertIn("ENERO-1", text)

    def test_nothing_in_the_period(self):
        self._sign_in()
        (text,) = self._text(self._statement("2020-02-01", "2020-02-29"))
        self.assertIn("There are no deposits in this period", text)

    def test_currencies_are_not_added_up(self):
        self._create_deposits(
            70, currency_id=self.usd.id, date=datetime(2026, 1, 9, 12)
        )
        document = self.env["skydrop.statement.document"]._from_period(
            self.customer, date(2026, 1, 1), date(2026, 1, 31)
        )
        sums = {
            section["currency"].name: section["sums"]
            for section in document["sections"]
        }
        self.assertEqual(list(sums), ["MXN", "USD"])
        self.assertEqual(
            sums["MXN"],
            {
                "amount": 1050.01,
                "invoiced": 1000.01,
                "to_invoice": 0,
                "not_billable": 50,
            },
        )
        self.assertEqual(sums["USD"]["to_invoice"], 70)

    def test_cancelled_deposit_is_only_counted(self):
        self._create_deposits(
            5, reference="CANCELADO", date=datetime(2026, 1, 9, 12)
        ).action_cancel()
        document = self.env["skydrop.statement.document"]._from_period(
            self.customer, date(2026, 1, 1), date(2026, 1, 31)
        )
        self.assertEqual(document["cancelled_count"], 1)
        self.assertEqual(document["sections"][0]["count"], 2)

    def test_wrong_dates(self):
        self._sign_in()
        for date_from, date_to, message in (
            ("x", "2026-01-31", "is not a date"),
            ("2026-02-30", "2026-03-31", "is not a date"),
            ("20260101", "20260131", "is not a date"),
            ("2026-01-01", "<b>", "&lt;b&gt;"),
            ("2026-02-01", "2026-01-01", "must not be later"),
            ("2026-01-01", "2027-01-02", "366 days at most"),
        ):
            with self.subTest(date_from=date_from, date_to=date_to):
                page = self._statement(date_from, date_to)
                self.assertEqual(page.status_code, 400)
                self.assertIn(message, self._node(page, "error"))
        for date_from, date_to in (
            ("2024-01-01", "2024-12-31"),
            ("0001-01-01", "0001-01-02"),
            ("9999-12-01", ""),
        ):
            with self.subTest(date_from=date_from, date_to=date_to):
                self._text(self._statement(date_from, date_to))

    def test_too_many_deposits(self):
        self._sign_in()
        with patch.object(statement, "MAX_DEPOSITS", 1):
            page = self._statement()
        self.assertEqual(page.status_code, 400)
        self.assertIn("There are 2 deposits", self._node(page, "error"))

    def test_long_reference(self):
        self._create_deposits(
            1, reference="R" + "X" * 63, date=datetime(2026, 5, 5, 12)
        )
        self._sign_in()
        (text,) = self._text(self._statement("2026-05-01", "2026-05-31"))
        self.assertIn("RXXXX", text)

    @mute_logger("odoo.addons.skydrop_facturacion.controllers.statement")
    def test_no_pdf(self):
        self._sign_in()
        missing = ir_actions_report._wkhtml()._replace(state="install")
        with patch.object(ir_actions_report, "_wkhtml", lambda: missing):
            page = self._statement()
        self.assertEqual(page.status_code, 503)
        self.assertIn("could not be made", self._node(page, "error"))
        self.assertIn('value="2026-01-01"', page.text)
        for error in (FileNotFoundError("wkhtmltopdf"), None):
            process = None if error else _FailedProcess()
            with (
                self.subTest(error=error),
                patch.object(
                    ir_actions_report,
                    "_run_wkhtmltopdf",
                    side_effect=error,
                    return_value=process,
                ),
                mute_logger("odoo.addons.base.models.ir_actions_report"),
            ):
                self.assertEqual(self._statement().status_code, 503)

    def test_anonymous_is_asked_to_sign_in(self):
        self.authenticate(None, None)
        self.assertIn("/web/login", self._statement().url)

    def test_another_customer(self):
        self._sign_in(self._create_portal_user("otra", self.other_customer))
        (text,) = self._text(self._statement("2026-01-01", "2026-12-31"))
        self.assertIn("AJENO-1", text)
        self.assertNotIn("ENERO-1", text)

    @mute_logger("odoo.http", "odoo.addons.web.controllers.report")
    def test_odoo_address_of_the_report_shows_nothing_of_others(self):
        self._sign_in(self._create_portal_user("otra", self.other_customer))
        for kind in ("html", "pdf"):
            page = self.url_open(
                f"/report/{kind}/skydrop_facturacion.report_statement/"
                f'{self.customer.id}?options={{"date_from":"2026-01-01"}}'
            )
            self.assertNotIn("ENERO-1", page.text)
            self.assertNotIn("LUNA", page.text)


class _FailedProcess:
    """What a crashed wkhtmltopdf leaves."""

    returncode = -11
    stderr = "Segmentation fault"
