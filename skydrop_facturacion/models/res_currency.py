from odoo import models


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def _skydrop_get_foreign_code(self, company):
        """:return: the code of the currency, or nothing if it is the company's own"""
        self.ensure_one()
        return "" if self == company.currency_id else self.name

    def _skydrop_format(self, amount, company):
        """Format an amount so that dollars are not taken for pesos: both have the same
        sign.

        :param float amount: in this currency
        :param res.company company: whose own currency needs no code
        :rtype: str
        """
        return (
            f"{self.format(amount)} {self._skydrop_get_foreign_code(company)}".strip()
        )
