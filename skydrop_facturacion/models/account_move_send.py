from odoo import api, models


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _get_default_pdf_report_id(self, move):
        if move._skydrop_is_deposit_invoice():
            return self.env.ref("skydrop_facturacion.action_report_invoice")
        return super()._get_default_pdf_report_id(move)
