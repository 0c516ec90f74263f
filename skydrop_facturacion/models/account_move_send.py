from odoo import api, models


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _get_default_pdf_report_id(self, move):
        if move._skydrop_is_deposit_invoice():
            return self.env.ref("skydrop_facturacion.action_report_invoice")
        return super()._get_default_pdf_report_id(move)

    @api.model
    def _link_invoice_documents(self, invoices_data):
        """Of two that made the PDF of a deposit invoice at once, one stores it; the
        other fails to lock the row that changed meanwhile, and Odoo's retry finds the
        stored one."""
        ours = [move.id for move in invoices_data if move._skydrop_is_deposit_invoice()]
        if ours:
            self.env.cr.execute(
                "SELECT id FROM account_move WHERE id IN %s ORDER BY id FOR UPDATE",
                [tuple(ours)],
            )
        return super()._link_invoice_documents(invoices_data)
