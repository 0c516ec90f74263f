import json

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, date_utils, format_date

from .skydrop_change_request import OPEN_STATES
from .skydrop_deposit import OPEN_STATUS

MONTHS = 12  # of the chart, this one included
OPEN = Domain("invoice_status", "in", OPEN_STATUS)


class SkydropDashboard(models.Model):
    """What needs attention in a company: figures, each of which opens its records.

    One row a company, with nothing stored; a month is one in the zone of the company's
    invoicing. Amounts are in the company's currency, others are named beside them.
    """

    _name = "skydrop.dashboard"
    _description = "Dashboard of Deposit Invoicing"
    _auto = False
    _order = "company_id"
    _rec_name = "company_id"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")

    # This month
    month = fields.Char(compute="_compute_month")
    deadline = fields.Char(string="Days Left", compute="_compute_month")
    month_deposited = fields.Monetary(string="Deposited", compute="_compute_month_sums")
    month_to_invoice = fields.Monetary(
        string="To Invoice", compute="_compute_month_sums"
    )
    month_invoiced = fields.Monetary(string="Invoiced", compute="_compute_month_sums")
    month_deposited_others = fields.Char(compute="_compute_month_sums")
    month_invoiced_others = fields.Char(compute="_compute_month_sums")
    month_others = fields.Char(
        string="In Other Currencies", compute="_compute_month_sums"
    )
    months_graph = fields.Text(compute="_compute_month_sums")

    # Of all months
    to_invoice = fields.Monetary(
        string="To Invoice in Total", compute="_compute_open_sums"
    )
    freed = fields.Monetary(compute="_compute_open_sums")
    open_others = fields.Char(compute="_compute_open_sums")
    freed_others = fields.Char(compute="_compute_open_sums")
    late_count = fields.Integer(
        string="Past the Month Limit", compute="_compute_late_count"
    )
    failing_count = fields.Integer(
        string="Failing Rules", compute="_compute_rule_counts"
    )
    request_count = fields.Integer(
        string="Open Requests", compute="_compute_request_count"
    )
    mail_count = fields.Integer(
        string="Undelivered Mails", compute="_compute_mail_count"
    )

    set_up_missing = fields.Integer(compute="_compute_set_up_missing")

    @property
    def _table_query(self):
        return SQL("SELECT id, id AS company_id FROM res_company")

    # ------------------------------------------------------------------
    # This month
    # ------------------------------------------------------------------

    def _get_today(self):
        self.ensure_one()
        return self.env["skydrop.deposit"]._get_invoice_date(self.company_id)

    def _get_month(self):
        """:return: first and last day of the month
        :rtype: tuple[date, date]
        """
        today = self._get_today()
        return date_utils.start_of(today, "month"), date_utils.end_of(today, "month")

    @api.depends("company_id")
    def _compute_month(self):
        for dashboard in self:
            first, last = dashboard._get_month()
            days = (last - dashboard._get_today()).days
            name = format_date(self.env, first, date_format="LLLL")
            dashboard.month = format_date(self.env, first, date_format="LLLL y")
            dashboard.deadline = (
                dashboard.company_id._skydrop_get_deadline_message()
                or self.env._("Days left in %(month)s: %(days)s", month=name, days=days)
            )

    @api.depends("company_id")
    def _compute_month_sums(self):
        """By one query for all companies and months."""
        sums = self._sum_by_month()
        for dashboard in self:
            first, _last = dashboard._get_month()
            company_sums = sums.get(dashboard.company_id, {})
            own, others = dashboard._split_currencies(company_sums.get(first, {}))
            dashboard.month_deposited, dashboard.month_invoiced = own[:2]
            dashboard.month_to_invoice = own[2]
            (
                dashboard.month_deposited_others,
                dashboard.month_invoiced_others,
                dashboard.month_others,
            ) = (dashboard._join_amounts(others, index) for index in range(3))
            dashboard.months_graph = dashboard._prepare_graph(company_sums)

    def _sum_by_month(self):
        """Add confirmed payments up.

        :return: ``{company: {month: {currency: [deposited, invoiced, to invoice]}}}``
        :rtype: dict
        """
        if not self:
            return {}
        first = min(dashboard._get_month()[0] for dashboard in self)
        groups = self.env["skydrop.deposit"]._read_group(
            Domain("company_id", "in", self.company_id.ids)
            & Domain("state", "=", "confirmed")
            & Domain("origin", "=", "payment")
            & Domain("billing_date", ">=", first - relativedelta(months=MONTHS - 1)),
            ["company_id", "billing_date:month", "currency_id"],
            ["amount:sum", "amount_invoiced:sum", "amount_to_invoice:sum"],
        )
        sums = {}
        for company, month, currency, *amounts in groups:
            months = sums.setdefault(company, {})
            months.setdefault(month, {})[currency] = amounts
        return sums

    def _split_currencies(self, amounts):
        """:param dict amounts: list of amounts by currency
        :return: the amounts in the company's currency, and the other entries
        :rtype: tuple[list, dict]
        """
        own = self.currency_id
        others = {key: value for key, value in amounts.items() if key != own}
        return amounts.get(own, [0.0, 0.0, 0.0]), others

    def _join_amounts(self, amounts, index):
        """:return: the amounts of other currencies in words"""
        return " · ".join(
            f"{currency.name} {currency.format(values[index])}"
            for currency, values in amounts.items()
            if not currency.is_zero(values[index])
        )

    def _prepare_graph(self, sums):
        """Two bars a month, in the company's currency.

        :param dict sums: see ``_sum_by_month``, of the company
        :return: JSON for the widget ``skydrop_months_graph``
        :rtype: str
        """
        this_month = self._get_month()[0]
        months = [
            this_month - relativedelta(months=back) for back in reversed(range(MONTHS))
        ]
        own = self.currency_id
        series = [
            [sums.get(month, {}).get(own, (0.0, 0.0))[index] for month in months]
            for index in (0, 1)
        ]
        return json.dumps(
            {
                "labels": [self._format_month(month) for month in months],
                "series": [
                    {"label": self.env._("Deposited"), "values": series[0]},
                    {"label": self.env._("Invoiced"), "values": series[1]},
                ],
                "currency": own.name,
            }
        )

    def _format_month(self, month):
        return format_date(self.env, month, date_format="LLL yy")

    # ------------------------------------------------------------------
    # Of all months
    # ------------------------------------------------------------------

    @api.depends("company_id")
    def _compute_open_sums(self):
        groups = self.env["skydrop.deposit"]._read_group(
            Domain("company_id", "in", self.company_id.ids) & OPEN,
            ["company_id", "currency_id"],
            ["amount_to_invoice:sum", "amount_freed:sum"],
        )
        sums = {}
        for company, currency, *amounts in groups:
            sums.setdefault(company, {})[currency] = amounts
        for dashboard in self:
            amounts = sums.get(dashboard.company_id, {})
            own, others = dashboard._split_currencies(amounts)
            dashboard.to_invoice, dashboard.freed = own[:2]
            dashboard.open_others = dashboard._join_amounts(others, 0)
            dashboard.freed_others = dashboard._join_amounts(others, 1)

    @api.depends("company_id")
    def _compute_late_count(self):
        self._count("late_count", "skydrop.deposit", self._get_late_domain())

    @api.depends("company_id")
    def _compute_rule_counts(self):
        self._count(
            "failing_count", "skydrop.auto.billing", Domain("last_error", "!=", False)
        )

    @api.depends("company_id")
    def _compute_request_count(self):
        requests = "skydrop.change.request"
        self._count("request_count", requests, Domain("state", "in", OPEN_STATES))

    @api.depends("company_id")
    def _compute_mail_count(self):
        self._count("mail_count", "skydrop.undelivered.mail", Domain.TRUE)

    @api.depends("company_id")
    def _compute_set_up_missing(self):
        """Of no use to those who cannot set anything up."""
        is_manager = self.env.user.has_group("skydrop_facturacion.group_manager")
        Check = self.env["skydrop.set.up.check"]
        for dashboard in self:
            dashboard.set_up_missing = is_manager and Check._count_missing(
                dashboard.company_id
            )

    def _get_late_domain(self):
        return Domain("billing_block", "=", "limit")

    def _count(self, field_name, model_name, domain):
        """Fill a field with the number of records of each company."""
        groups = self.env[model_name]._read_group(
            Domain("company_id", "in", self.company_id.ids) & domain,
            ["company_id"],
            ["__count"],
        )
        counts = {company.id: count for company, count in groups}
        for dashboard in self:
            dashboard[field_name] = counts.get(dashboard.company_id.id, 0)

    # ------------------------------------------------------------------
    # Clicks
    # ------------------------------------------------------------------

    def _open(self, action_name, domain, title):
        """:return: a window action on the records of the company behind a figure"""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            f"skydrop_facturacion.{action_name}"
        )
        company = Domain("company_id", "=", self.company_id.id)
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": list(company & domain),
            "context": {},
        }

    def _open_deposits(self, domain, title):
        return self._open("skydrop_deposit_action", domain, title)

    def _get_month_domain(self):
        first, last = self._get_month()
        return (
            Domain("state", "=", "confirmed")
            & Domain("origin", "=", "payment")
            & Domain("billing_date", ">=", first)
            & Domain("billing_date", "<=", last)
        )

    def action_open_set_up(self):
        """:return: the action that opens the guided set-up"""
        return self._open(
            "skydrop_set_up_check_action", Domain.TRUE, self.env._("Guided set-up")
        )

    def action_open_deposited(self):
        """:return: the action that opens the payments of the month"""
        return self._open_deposits(
            self._get_month_domain(), self.env._("Deposited this month")
        )

    def action_open_month_to_invoice(self):
        """:return: the action that opens what is to invoice of the month"""
        return self._open_deposits(
            self._get_month_domain() & OPEN, self.env._("To invoice this month")
        )

    def action_open_month_invoiced(self):
        """:return: the action that opens what is invoiced of the month"""
        return self._open_deposits(
            self._get_month_domain() & Domain("amount_invoiced", ">", 0),
            self.env._("Invoiced this month"),
        )

    def action_open_to_invoice(self):
        """:return: the action that opens all that is to invoice"""
        return self._open_deposits(OPEN, self.env._("To invoice"))

    def action_open_freed(self):
        """:return: the action that opens the deposits that were freed"""
        return self._open_deposits(
            OPEN & Domain("amount_freed", ">", 0), self.env._("Freed")
        )

    def action_open_late(self):
        """:return: the action that opens the deposits past the month limit"""
        return self._open_deposits(
            self._get_late_domain(), self.env._("Past the month limit")
        )

    def action_open_failing(self):
        """:return: the action that opens the rules that have a problem"""
        return self._open(
            "skydrop_auto_billing_action",
            Domain("last_error", "!=", False),
            self.env._("Failing rules"),
        )

    def action_open_requests(self):
        """:return: the action that opens the open requests"""
        return self._open(
            "skydrop_change_request_action",
            Domain("state", "in", OPEN_STATES),
            self.env._("Open requests"),
        )

    def action_open_mails(self):
        """:return: the action that opens the mails that could not be handed over"""
        return self._open(
            "skydrop_undelivered_mail_action",
            Domain.TRUE,
            self.env._("Undelivered mails"),
        )
