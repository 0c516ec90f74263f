from odoo import fields, models


class ResPartner(models.Model):
    """A receiver with one more fact that the stamping service wants."""

    _inherit = "res.partner"

    stub_cfdi_email = fields.Char(string="E-mail for CFDI")

    def _skydrop_receiver_values(self):
        return {
            **super()._skydrop_receiver_values(),
            "cfdi_email": self.stub_cfdi_email or "",
        }
