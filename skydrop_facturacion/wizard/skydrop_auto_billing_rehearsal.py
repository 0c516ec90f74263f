from odoo import Command, api, fields, models

MAX_LINES = 500  # that a form shows


class SkydropAutoBillingRehearsal(models.TransientModel):
    """What automatic invoicing would do on a day: shown, never written."""

    _name = "skydrop.auto.billing.rehearsal"
    _description = "Rehearsal of Automatic Invoicing"

    day = fields.Date(required=True, default=lambda self: self._default_day())
    rule_ids = fields.Many2many(
        comodel_name="skydrop.auto.billing",
        string="Customers",
        default=lambda self: self._default_rule_ids(),
        help="Empty: all customers.",
    )
    line_ids = fields.One2many(
        comodel_name="skydrop.auto.billing.rehearsal.line",
        inverse_name="rehearsal_id",
        string="Invoices",
        compute="_compute_line_ids",
    )
    invoice_count = fields.Integer(string="All Invoices", compute="_compute_line_ids")
    problem_count = fields.Integer(
        string="Invoices with a Problem", compute="_compute_line_ids"
    )

    def _default_day(self):
        """Return the day of the next invoice of the chosen rules, or today"""
        rules = self.env["skydrop.auto.billing"]
        today = rules._get_today(self.env.company)
        chosen = rules.browse(self._default_rule_ids() or ())
        days = [day for day in chosen.mapped("next_date") if day]
        return max(today, min(days)) if days else today

    def _default_rule_ids(self):
        if self.env.context.get("active_model") == "skydrop.auto.billing":
            return self.env.context.get("active_ids")
        return False

    @api.depends("day", "rule_ids")
    def _compute_line_ids(self):
        for rehearsal in self:
            rules = rehearsal.rule_ids._origin
            if not rules:
                rules = rules.search([("company_id", "in", self.env.companies.ids)])
            rows = rules._get_rehearsal(rehearsal.day) if rehearsal.day else []
            rehearsal.invoice_count = len(rows)
            rehearsal.problem_count = len([row for row in rows if row["problems"]])
            rehearsal.line_ids = [
                Command.clear(),
                *(
                    Command.create(rehearsal._prepare_line_values(row))
                    for row in rows[:MAX_LINES]
                ),
            ]

    def _prepare_line_values(self, row):
        currency = self.env["res.currency"].with_context(active_test=False)
        return {
            "auto_billing_id": row["rule_id"],
            "date_from": row["date_from"],
            "date_to": row["date_to"],
            "invoice_date": row["invoice_date"],
            "deposit_count": row["count"],
            "amount": row["total"],
            "currency_id": currency.search([("name", "=", row["currency"])]).id,
            "problems": "\n".join(row["problems"]),
        }


class SkydropAutoBillingRehearsalLine(models.TransientModel):
    """An invoice of a rehearsal."""

    _name = "skydrop.auto.billing.rehearsal.line"
    _description = "Invoice of a Rehearsal"

    rehearsal_id = fields.Many2one(
        comodel_name="skydrop.auto.billing.rehearsal", index=True, ondelete="cascade"
    )
    auto_billing_id = fields.Many2one(
        comodel_name="skydrop.auto.billing", string="Customer"
    )
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    invoice_date = fields.Date()
    deposit_count = fields.Integer(string="Deposits")
    amount = fields.Monetary(string="Total")
    currency_id = fields.Many2one(comodel_name="res.currency")
    problems = fields.Text()
