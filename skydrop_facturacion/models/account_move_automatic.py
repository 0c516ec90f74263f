from odoo import fields, models


class AccountMove(models.Model):
    """Invoices that automatic invoicing made."""

    _inherit = "account.move"

    skydrop_auto_billing_id = fields.Many2one(
        comodel_name="skydrop.auto.billing",
        string="Automatic Invoicing",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The rule that generated the invoice.",
    )

    def _skydrop_queue_mail(self):
        """Leave PDF and mail to Odoo's own job of invoices to send, outside the
        transaction that made the invoices."""
        for move in self:
            move.sending_data = {
                "author_user_id": self.env.user.id,
                "author_partner_id": self.env.user.partner_id.id,
            }
        self.env.ref("account.ir_cron_account_move_send")._trigger()
