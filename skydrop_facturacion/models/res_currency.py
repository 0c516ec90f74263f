from odoo import models


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def _skydrop_format(self, amount, company):
        """Format an amount so that dollars are not taken for pesos: both have the same
        sign.

        :param float amount: in this currency
        :param res.company company: whose own currency needs no code
        :rtype: str
        """
        self.ensure_one()
        text = self.format(amount)
        return text if self == company.currency_id else f"{text} {self.name}"
