from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    skydrop_payment_deposits = fields.Boolean(
        related="company_id.skydrop_payment_deposits", readonly=False
    )
    skydrop_payment_journal_ids = fields.Many2many(
        related="company_id.skydrop_payment_journal_ids", readonly=False
    )
