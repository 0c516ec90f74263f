from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """Settings of the month limit."""

    _inherit = "res.config.settings"

    skydrop_billing_limit = fields.Selection(
        related="company_id.skydrop_billing_limit", readonly=False
    )
    skydrop_billing_grace_days = fields.Integer(
        related="company_id.skydrop_billing_grace_days", readonly=False
    )
