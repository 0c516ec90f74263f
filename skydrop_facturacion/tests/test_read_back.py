import base64
from datetime import datetime

from odoo.exceptions import UserError
from odoo.tests import tagged

from .register_common import RegisterCommon


@tagged("post_install", "-at_install")
class TestReadBack(RegisterCommon):
    def test_by_reference(self):
        self.Deposit.register([self._row("A"), self._row("B", amount="40.00")])
        deposits = self.env["skydrop.deposit"].search([("reference", "in", ["A", "B"])])
        invoice = deposits._create_invoices()
        answer = self.Deposit.read_registered(references=["B", "NO", "A"])
        self.assertEqual(answer["unknown"], ["NO"])
        self.assertEqual([row["reference"] for row in answer["deposits"]], ["B", "A"])
        row = answer["deposits"][0]
        self.assertEqual(row["amount_invoiced"], "40.00")
        self.assertEqual(row["invoice_status"], "invoiced")
        self.assertEqual(
            row["invoices"],
            [
                {
                    "id": invoice.id,
                    "number": invoice.name,
                    "type": "invoice",
                    "state": "posted",
                    "date": invoice.invoice_date.isoformat(),
                    "total": "1200.00",
                    "uuid": False,
                    "amount": "40.00",
                }
            ],
        )

    def test_files(self):
        deposit = self._create_deposits(100, reference="A")
        with self.assertRaisesRegex(UserError, "no invoice of deposits"):
            self.Deposit.get_invoice_files(2**31 - 1)
        invoice = deposit._create_invoices()
        (pdf,) = self.Deposit.get_invoice_files(invoice.id)
        self.assertEqual(pdf["name"], invoice.invoice_pdf_report_id.name)
        self.assertEqual(
            base64.b64decode(pdf["content"]), invoice.invoice_pdf_report_id.raw
        )
        foreign = self.env["account.move"].create({"move_type": "entry"})
        for invoice_id in (foreign.id, "x", 10**12, True):
            with self.assertRaises(UserError):
                self.Deposit.get_invoice_files(invoice_id)

    def test_changes_in_pages(self):
        self.Deposit.register([self._row(f"P{i}") for i in range(5)])
        with self.enter_registry_test_mode():
            seen, cursor, more = [], None, True
            while more:
                answer = self.Deposit.read_registered(cursor=cursor, limit=2)
                seen += [row["reference"] for row in answer["deposits"]]
                cursor, more = answer["cursor"], answer["more"]
        self.assertEqual(
            [ref for ref in seen if ref[0] == "P"], [f"P{i}" for i in range(5)]
        )
        self.assertEqual(len(seen), len(set(seen)))

    def test_an_invoice_is_a_change(self):
        deposit = self._create_deposits(100, reference="A")
        self.env.flush_all()
        long_ago = datetime(2026, 1, 1)
        self.cr.execute("UPDATE skydrop_deposit SET status_date = %s", [long_ago])
        self.env.invalidate_all()
        invoice = deposit._create_invoices()
        self.env.flush_all()
        self.assertGreater(deposit.status_date, long_ago)
        self.cr.execute("UPDATE skydrop_deposit SET status_date = %s", [long_ago])
        self.env.invalidate_all()
        invoice.button_cancel()
        self.env.flush_all()
        self.assertGreater(deposit.status_date, long_ago)

    def test_bad_arguments(self):
        for arguments in (
            {"references": "A"},
            {"references": [1]},
            {"references": ["A"], "cursor": "x"},
            {"references": ["A"] * 10_001},
            {"cursor": "x"},
            {"cursor": 5},
            {"changed_since": "yesterday"},
            {"limit": 0},
            {"limit": "10"},
            {"limit": 10_001},
        ):
            with self.subTest(arguments=str(arguments)[:60]):
                with self.assertRaises(UserError):
                    self.Deposit.read_registered(**arguments)
        self.assertEqual(
            self.Deposit.read_registered(references=["A\x00"])["unknown"], ["A\x00"]
        )

    def test_others_have_not_changed(self):
        # Lines of the invoice get the ids that deposits of others have.
        self.env.cr.execute(
            "SELECT setval('skydrop_deposit_id_seq', next),"
            " setval('account_move_line_id_seq', next) FROM (SELECT greatest("
            "(SELECT last_value FROM skydrop_deposit_id_seq),"
            " (SELECT last_value FROM account_move_line_id_seq)) + 1) AS _ (next)"
        )
        others = self._create_deposits(*range(1, 9))
        deposit = self._create_deposits(100)
        self.env.flush_all()
        self.env.cr.execute("UPDATE skydrop_deposit SET status_date = '2020-01-01'")
        self.env.invalidate_all()
        invoice = deposit._create_invoices()
        self.assertTrue(set(invoice.line_ids.ids) & set(others.ids))
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(set(others.mapped("status_date")), {datetime(2020, 1, 1)})
        self.assertGreater(deposit.status_date, datetime(2020, 1, 1))
