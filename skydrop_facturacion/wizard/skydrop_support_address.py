from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize


class SkydropSupportAddress(models.TransientModel):
    """Confirm or change where customers and their requests write to."""

    _name = "skydrop.support.address"
    _description = "Support Address"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    email = fields.Char(string="Support Address", required=True)

    def action_confirm(self):
        """Keep the address, and that somebody confirmed it.

        :raise AccessError: not an administrator of the addon in that company
        :raise UserError: it is no e-mail address
        """
        self.ensure_one()
        self.check_access("write")
        if (
            not self.env.user.has_group("skydrop_facturacion.group_manager")
            or self.company_id not in self.env.user.company_ids
        ):
            raise AccessError(self.env._("Only administrators can set up invoicing."))
        email = email_normalize(self.email)
        if not email:
            raise UserError(
                self.env._("%s is not an e-mail address: correct it.", self.email)
            )
        self.company_id.sudo().write(
            {"skydrop_support_email": email, "skydrop_support_email_confirmed": email}
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
