from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        # Otherwise the scripts of our pages speak English to everybody.
        return [
            *super()._get_translation_frontend_modules_name(),
            "skydrop_facturacion",
        ]
