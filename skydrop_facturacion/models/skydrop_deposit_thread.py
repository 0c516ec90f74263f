from odoo import models
from odoo.exceptions import AccessError


class SkydropDeposit(models.Model):
    """The deposit's chatter is the staff's own."""

    _inherit = "skydrop.deposit"

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        # Odoo lets everybody who reads a record follow it, so customers would get by
        # mail what the staff writes about their deposits.
        if self.env.user.share and not self.env.su:
            raise AccessError(self.env._("Only the staff can follow deposits."))
        return super().message_subscribe(partner_ids, subtype_ids)
