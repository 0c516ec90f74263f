from odoo import models


class SkydropChangeRequest(models.Model):
    """The invoices that people prepare from a request."""

    _inherit = "skydrop.change.request"

    def action_prepare_replacement(self):
        self._check_accountant()
