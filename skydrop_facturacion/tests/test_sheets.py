import re

from lxml import html

from odoo.tests import BaseCase, tagged

from odoo.addons.base.models import ir_actions_report

from ..tools import sheets
from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestSplit(BaseCase):
    """Rows divided among sheets."""

    def _split(self, heights, end=4):
        return sheets.split(heights, first=10, others=20, end=end)

    def test_one_sheet(self):
        self.assertEqual(self._split([1] * 6), [(0, 6)])
        self.assertEqual(self._split([]), [(0, 0)])

    def test_totals_take_two_rows_along(self):
        self.assertEqual(self._split([1] * 7), [(0, 5), (5, 7)])
        self.assertEqual(self._split([1] * 10), [(0, 8), (8, 10)])
        self.assertEqual(self._split([1] * 11), [(0, 10), (10, 11)])

    def test_high_rows(self):
        self.assertEqual(self._split([3] * 5), [(0, 3), (3, 5)])
        self.assertEqual(self._split([30, 1]), [(0, 1), (1, 2)])

    def test_an_end_that_fits_nowhere(self):
        self.assertEqual(self._split([1, 1], end=50), [(0, 2)])

    def test_nothing_is_lost(self):
        for count in range(90):
            with self.subTest(count=count):
                parts = self._split([1] * count)
                rows = [row for start, stop in parts for row in range(start, stop)]
                self.assertEqual(rows, list(range(count)))


@tagged("post_install", "-at_install")
class TestSheets(SkydropCommon):
    """The invoice for a wkhtmltopdf without patched Qt, which breaks no table."""

    def _render(self, invoice, is_patched=False):
        """:return: the page that wkhtmltopdf gets"""
        info = ir_actions_report._wkhtml()._replace(is_patched_qt=is_patched)
        self.patch(ir_actions_report, "_wkhtml", lambda: info)
        Report = self.env["ir.actions.report"]
        content = Report._render_qweb_html(
            "skydrop_facturacion.action_report_invoice",
            invoice.ids,
            data={"report_type": "pdf"},
        )[0]
        return html.fromstring(content)

    def _tables(self, page):
        """:return: the tables that have a head"""
        return page.xpath("//table[thead]")

    def test_a_usual_invoice(self):
        page = self._render(self._create_deposits(100, 200)._create_invoices())
        self.assertEqual(len(self._tables(page)), 1)
        text = " ".join(page.text_content().split())
        self.assertIn("Page 1 of 1", text)

    def test_three_hundred_deposits(self):
        invoice = self._create_deposits(*range(1, 301))._create_invoices()
        page = self._render(invoice)
        tables = self._tables(page)
        breaks = page.find_class("o_skydrop_invoice_sheet")
        self.assertGreater(len(tables), 6)
        self.assertEqual(len(breaks), len(tables) - 1)
        for table in tables:
            self.assertIn("Form of payment", table.text_content())
        rows = [len(table.find_class("o_skydrop_form")) for table in tables]
        self.assertEqual(sum(rows), 300)
        self.assertLess(rows[0], rows[1])
        self.assertLessEqual(max(rows), 40)
        self.assertGreaterEqual(rows[-1], 2)
        totals = page.find_class("o_skydrop_invoice_totals")
        self.assertEqual(len(totals), 1)
        self.assertIn(totals[0], tables[-1].iter())
        text = " ".join(page.text_content().split())
        self.assertEqual(
            re.findall(r"Page (\d+) of (\d+)", text),
            [(str(n + 1), str(len(tables))) for n in range(len(tables))],
        )

    def test_long_texts_need_room(self):
        deposits = self._create_deposits(*range(1, 28))
        invoice = deposits._create_invoices(values={"narration": "<p>Hola</p>" * 30})
        self.assertEqual(len(self._tables(self._render(invoice))), 2)
        documents = self.env["skydrop.invoice.document"]
        document = documents._from_move(invoice)
        short = documents._get_sheets({**document, "note": ""})
        for line in document["lines"]:
            line["reference"] = "W" * 60
        self.assertGreater(len(documents._get_sheets(document)), len(short))

    def test_patched_wkhtmltopdf_breaks_the_table_itself(self):
        invoice = self._create_deposits(*range(1, 61))._create_invoices()
        page = self._render(invoice, is_patched=True)
        self.assertEqual(len(self._tables(page)), 1)
        self.assertFalse(page.find_class("o_skydrop_invoice_page"))
