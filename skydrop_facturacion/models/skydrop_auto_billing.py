from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools import billing_windows

# What makes a rule another one: saving it is a new start after a failure.
RULE_FIELDS = frozenset(
    {
        "mode",
        "period_days",
        "receiver_id",
        "active",
        "covered_from",
        "start_date",
    }
)


class SkydropAutoBilling(models.Model):
    """How a customer's deposits invoice themselves: the rule and its state.

    Days are those of the company's invoicing zone (design, "Dates").
    """

    _name = "skydrop.auto.billing"
    _description = "Automatic Invoicing"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "next_date, id"
    _rec_name = "partner_id"
    _check_company_auto = True

    # Whose deposits, issued by whom, made out to whom
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    commercial_partner_id = fields.Many2one(
        string="Commercial Entity",
        related="partner_id.commercial_partner_id",
        store=True,
        index=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    receiver_id = fields.Many2one(
        comodel_name="res.partner",
        compute="_compute_receiver_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="Who the invoices are made out to: the customer, or one of its receivers.",
    )

    # The rule
    active = fields.Boolean(default=True, tracking=True)
    mode = fields.Selection(
        selection=[
            ("total", "By month"),
            ("deposit", "By deposit"),
            ("period", "By period"),
        ],
        required=True,
        tracking=True,
    )
    period_days = fields.Selection(
        selection=[
            ("7", "Every 7 days"),
            ("15", "Every 15 days"),
            ("21", "Every 21 days"),
        ],
        string="Period",
        default="15",
        required=True,
        tracking=True,
    )
    covered_from = fields.Date(
        required=True,
        tracking=True,
        help="Deposits of earlier days are never invoiced automatically.",
    )
    start_date = fields.Date(
        required=True,
        tracking=True,
        help="First day of the first window.",
    )
    next_date = fields.Date(
        string="Next Invoice",
        readonly=True,
        copy=False,
        help="The day after the last day of the window. By deposit there is none:"
        " a deposit is invoiced as soon as it is confirmed.",
    )

    # What became of it
    invoice_ids = fields.One2many(
        comodel_name="account.move",
        inverse_name="skydrop_auto_billing_id",
        string="Invoices",
    )
    invoice_count = fields.Integer(compute="_compute_invoice_count")
    last_run = fields.Datetime(readonly=True, copy=False)
    last_error = fields.Text(string="Last Problem", readonly=True, copy=False)
    last_error_code = fields.Char(readonly=True, copy=False)
    failure_count = fields.Integer(string="Failures", readonly=True, copy=False)
    retry_date = fields.Datetime(
        string="Next Try",
        readonly=True,
        copy=False,
        help="A rule with a problem and no date of the next try waits for a person.",
    )
    failure_notified = fields.Boolean(readonly=True, copy=False)
    unfinished_count = fields.Integer(
        string="Invoices in a Row",
        readonly=True,
        copy=False,
        help="Generated since the rule was last up to date; bounded, so that a mistake"
        " cannot invoice without end.",
    )

    _customer_uniq = models.UniqueIndex(
        "(partner_id, company_id)",
        "This customer already has a rule of automatic invoicing in this company.",
    )
    _due_idx = models.Index("(company_id, next_date) WHERE active")

    # ------------------------------------------------------------------
    # Computes and constraints
    # ------------------------------------------------------------------

    @api.depends("partner_id")
    def _compute_receiver_id(self):
        for rule in self:
            rule.receiver_id = rule.receiver_id or rule.partner_id

    @api.depends("invoice_ids")
    def _compute_invoice_count(self):
        groups = self.env["account.move"]._read_group(
            Domain("skydrop_auto_billing_id", "in", self.ids),
            ["skydrop_auto_billing_id"],
            ["__count"],
        )
        counts = {rule.id: count for rule, count in groups}
        for rule in self:
            rule.invoice_count = counts.get(rule.id, 0)

    @api.constrains("partner_id")
    def _check_partner(self):
        for rule in self:
            if rule.partner_id != rule.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(partner)s is a contact of %(customer)s: choose the customer"
                        " itself.",
                        partner=rule.partner_id.display_name,
                        customer=rule.commercial_partner_id.display_name,
                    )
                )

    @api.constrains("partner_id", "receiver_id")
    def _check_receiver(self):
        for rule in self:
            if not rule._is_receiver_of_customer():
                raise ValidationError(
                    self.env._(
                        "%(receiver)s is no receiver of %(customer)s: choose another.",
                        receiver=rule.receiver_id.display_name,
                        customer=rule.partner_id.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(
            [
                {**self._prepare_start_values(vals), **self._drop_empty_dates(vals)}
                for vals in vals_list
            ]
        )
        rules._trigger_jobs()
        return rules

    def _drop_empty_dates(self, vals):
        """Dates that a form leaves empty are the rule's own to find."""
        return {
            name: value
            for name, value in vals.items()
            if value or name not in ("covered_from", "start_date", "next_date")
        }

    def write(self, vals):
        vals = self._drop_empty_dates(vals)
        if not RULE_FIELDS & vals.keys():
            return super().write(vals)
        for rule in self:
            super(SkydropAutoBilling, rule).write(
                {**rule._prepare_change_values(vals), **vals}
            )
        self._clear_failure()
        return True

    def _prepare_start_values(self, vals):
        """When a new rule starts: its windows, and from which day on deposits are
        covered (design, "Dates").

        :param dict vals: values of the rule
        :return: ``start_date``, ``covered_from`` and ``next_date``
        :rtype: dict
        """
        company = self.env["res.company"].browse(vals.get("company_id"))
        today = self._get_today(company or self.env.company)
        mode = vals.get("mode")
        start = fields.Date.to_date(vals.get("start_date"))
        start = start or self._get_first_start(mode, today)
        period = vals.get("period_days") or self._fields["period_days"].default(self)
        return {
            "start_date": start,
            "covered_from": start,
            "next_date": self._get_first_generation(mode, start, period),
        }

    def _prepare_change_values(self, vals):
        """What a change of the rule changes besides: another mode starts its windows
        anew and leaves ``covered_from``; switched on again, a rule covers deposits
        from that day on.

        :param dict vals: values to be written
        :rtype: dict
        """
        self.ensure_one()
        today = self._get_today(self.company_id)
        mode = vals.get("mode", self.mode)
        period = vals.get("period_days", self.period_days)
        switched_on = vals.get("active") and not self.active
        changed = mode != self.mode or (mode == "period" and period != self.period_days)
        start = fields.Date.to_date(vals.get("start_date"))
        values = {}
        if switched_on:
            values["covered_from"] = today
        if switched_on or changed:
            start = start or self._get_first_start(mode, today)
        if start:
            values["start_date"] = start
            values["next_date"] = self._get_first_generation(mode, start, period)
        return values

    # ------------------------------------------------------------------
    # Days
    # ------------------------------------------------------------------

    @api.model
    def _get_today(self, company):
        """:return: today in the time zone of the company's invoicing"""
        return self.env["skydrop.deposit"]._get_invoice_date(company)

    @api.model
    def _get_first_start(self, mode, today):
        """:return: the first day of window 1 of a rule that starts today"""
        return billing_windows.month_start(today) if mode == "total" else today

    @api.model
    def _get_first_generation(self, mode, start, period_days):
        """:return: the day on which window 1 is generated; False by deposit"""
        if mode == "deposit":
            return False
        days = int(period_days)
        return billing_windows.window_of(mode, start, days, start).generated

    def _get_next_windows(self, count):
        """:return: the next windows; none by deposit
        :rtype: list[billing_windows.Window]
        """
        self.ensure_one()
        if self.mode == "deposit" or not self.next_date:
            return []
        return billing_windows.next_windows(
            self.mode, self.start_date, int(self.period_days), self.next_date, count
        )

    # ------------------------------------------------------------------
    # Customer's choice
    # ------------------------------------------------------------------

    @api.model
    def _get_rule(self, partner, company):
        """Return the rule of a customer, switched off ones too; empty if there never
        was one"""
        return self.with_context(active_test=False).search(
            [
                ("partner_id", "=", partner.commercial_partner_id.id),
                ("company_id", "=", company.id),
            ]
        )

    @api.model
    def _get_pending_deposits(self, partner, company, before):
        """Deposits that a new rule would leave out unless they are included.

        :param date before: the day from which on they are covered anyway
        :return: with something to invoice that was never claimed
        :rtype: skydrop.deposit
        """
        Deposit = self.env["skydrop.deposit"]
        return Deposit.search(
            Deposit._get_billable_domain(partner, company)
            & Domain("billing_date", "<", before),
            order="billing_date, id",
        ).filtered(lambda deposit: self._get_automatic_amount(deposit) > 0)

    @api.model
    def _switch_on(self, partner, company, mode, **options):
        """Start or change the rule of a customer.

        :param res.partner partner: any partner of the customer
        :param str mode: see the field
        :param str period_days: see the field; kept if missing
        :param res.partner receiver: kept, or the customer, if missing
        :param bool include_pending: cover the deposits that wait to be invoiced too
        :return: the rule
        :rtype: skydrop.auto.billing
        """
        customer = partner.commercial_partner_id
        rule = self._get_rule(customer, company)
        vals = {"mode": mode, "active": True}
        if options.get("period_days"):
            vals["period_days"] = options["period_days"]
        if options.get("receiver"):
            vals["receiver_id"] = options["receiver"].id
        if options.get("include_pending"):
            covered = rule._get_covered_from(mode, company)
            pending = self._get_pending_deposits(customer, company, covered)
            vals["covered_from"] = min([covered, *pending[:1].mapped("billing_date")])
        if rule:
            rule.write(vals)
            return rule
        return self.create(
            {**vals, "partner_id": customer.id, "company_id": company.id}
        )

    def _get_covered_from(self, mode, company):
        """Return the first day covered once the rule is saved with this mode and
        nothing pending included; the empty recordset stands for a new rule"""
        if self.active:
            return self.covered_from
        today = self._get_today(company)
        return today if self else self._get_first_start(mode, today)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_view_invoices(self):
        """:return: the window action that opens the invoices of the rules."""
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        action["domain"] = [("skydrop_auto_billing_id", "in", self.ids)]
        action["context"] = {"create": False}
        return action
