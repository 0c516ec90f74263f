from odoo import fields, models


class ResCompany(models.Model):
    """How a company wants its automatic invoices."""

    _inherit = "res.company"

    skydrop_auto_billing_user_id = fields.Many2one(
        comodel_name="res.users",
        string="In Charge of Automatic Invoicing",
        help="Gets an activity for each customer whose invoice could not be generated.",
    )
    skydrop_auto_billing_warn = fields.Boolean(
        string="Tell the Customer when Automatic Invoicing Fails",
        default=True,
        help="One mail until the invoice succeeds, not one per try.",
    )
    skydrop_auto_billing_send = fields.Boolean(
        string="Mail Automatic Invoices",
        help="Send each automatic invoice with its PDF to its receiver.",
    )

    def _skydrop_get_automatic_user(self):
        """Return the person in charge of automatic invoicing, or an administrator of
        the addon"""
        self.ensure_one()
        user = self.skydrop_auto_billing_user_id
        if user.active:
            return user
        managers = self.env.ref("skydrop_facturacion.group_manager").sudo().all_user_ids
        admin = self.env.ref("base.user_admin", False)
        candidates = managers.filtered(
            lambda user: user.active and self in user.company_ids
        )
        return candidates.sorted("id")[:1] or admin or self.env.user
