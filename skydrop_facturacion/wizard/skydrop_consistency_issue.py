from odoo import fields, models


class SkydropConsistencyIssue(models.TransientModel):
    """A difference that ``skydrop.deposit._check_consistency`` found, to look at."""

    _name = "skydrop.consistency.issue"
    _description = "Difference between Deposits and Invoices"

    message = fields.Char(string="What Does Not Agree", readonly=True)
    record_ref = fields.Reference(
        selection=[("skydrop.deposit", "Deposit"), ("account.move", "Invoice")],
        string="Record",
        readonly=True,
    )
