from odoo.tests import Form, tagged

from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestOdooForm(SkydropCommon):
    """Odoo's own form of invoices, as its tests fill it in."""

    def test_lines_can_be_added(self):
        move = self.env["account.move"].with_context(default_move_type="out_invoice")
        with Form(move) as form:
            form.partner_id = self.customer
            with form.invoice_line_ids.new() as line:
                line.name = "Envíos"
                line.price_unit = 100
        self.assertEqual(form.record.invoice_line_ids.mapped("price_unit"), [100])
