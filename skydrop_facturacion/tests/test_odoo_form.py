from odoo.tests import Form, tagged

from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestOdooForm(SkydropCommon):
    """Odoo's own form of invoices, as its tests fill it in."""

    def test_possible_duplicate_is_shown_before_saving(self):
        bills = self.env["account.move"].with_context(default_move_type="in_invoice")
        values = {
            "partner_id": self.customer.id,
            "invoice_date": "2026-11-24",
            "ref": "A-77",
        }
        first = bills.create(values)
        with Form(bills) as form:
            form.partner_id = self.customer
            form.invoice_date = first.invoice_date
            form.ref = "A-77"
            self.assertIn(first.id, form.duplicated_ref_ids.ids)

    def test_lines_can_be_added(self):
        move = self.env["account.move"].with_context(default_move_type="out_invoice")
        with Form(move) as form:
            form.partner_id = self.customer
            with form.invoice_line_ids.new() as line:
                line.name = "Envíos"
                line.price_unit = 100
        self.assertEqual(form.record.invoice_line_ids.mapped("price_unit"), [100])
