from odoo import fields, models


class ResCompany(models.Model):
    """Which payments become deposits on their own."""

    _inherit = "res.company"

    skydrop_payment_deposits = fields.Boolean(
        string="Deposits from Payments",
        help="Posted customer payments of the chosen journals become deposits.",
    )
    skydrop_payment_journal_ids = fields.Many2many(
        comodel_name="account.journal",
        relation="skydrop_payment_journal_rel",
        string="Journals of Deposits",
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        check_company=True,
        help="Journals that receive nothing but deposits.",
    )
