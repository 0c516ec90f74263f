from odoo import models


class AccountPaymentRegister(models.TransientModel):
    """What is registered on an invoice pays that invoice, and is no deposit."""

    _inherit = "account.payment.register"

    def _create_payments(self):
        # The payments are posted before they are reconciled with the invoices.
        paying = self.with_context(skydrop_pays_invoices=True)
        return super(AccountPaymentRegister, paying)._create_payments()
