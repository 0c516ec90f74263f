from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    skydrop_cfdi_pending_text = fields.Char(
        string="While the CFDI Is Not Stamped",
        default="lo encontrarás aquí en cuanto esté listo.",
        help="Shown to customers on an invoice whose stamped CFDI is not attached yet.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    skydrop_cfdi_pending_text = fields.Char(
        related="company_id.skydrop_cfdi_pending_text", readonly=False
    )
