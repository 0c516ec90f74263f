from odoo import models

FISCAL_FIELDS = frozenset(
    {
        "vat",
        "zip",
        "active",
        "skydrop_legal_name",
        "skydrop_fiscal_regime",
        "skydrop_cfdi_use",
    }
)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        res = super().write(vals)
        if FISCAL_FIELDS & vals.keys():
            self.env["skydrop.auto.billing"].sudo()._retry_after_mending(self)
        return res
