from odoo import fields, models

from ..tools import sat

CASH, TRANSFER = "01", "03"


class AccountPaymentMethodLine(models.Model):
    """Which form of payment of the SAT a payment method of a journal is."""

    _inherit = "account.payment.method.line"

    skydrop_payment_form = fields.Selection(
        selection=lambda self: sat.selection(sat.PAYMENT_FORMS),
        string="SAT Form of Payment",
        help="Form of payment of the deposits that are made from payments of this"
        " method. Empty: 01 in cash journals, 03 in others.",
    )

    def _skydrop_get_payment_form(self, journal):
        """:param account.journal journal: journal of the payment
        :return: SAT code of c_FormaPago
        :rtype: str
        """
        default = CASH if journal.type == "cash" else TRANSFER
        return self.skydrop_payment_form or default
