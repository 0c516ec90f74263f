from datetime import date
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain

from ..tools import billing_windows
from .skydrop_deposit import OPEN_STATUS


class PlannedInvoice(NamedTuple):
    """An invoice that a rule is about to make.

    :ivar rule: the rule
    :ivar window: the days it is for; None by deposit
    :ivar deposits: of one currency, oldest first
    :ivar amounts: ``{deposit id: amount}``, what it takes of each
    :ivar invoice_date: its date
    """

    rule: models.Model
    window: billing_windows.Window | None
    deposits: models.Model
    amounts: dict
    invoice_date: date

    @property
    def total(self):
        """Its total in the currency of the deposits."""
        return self.deposits.currency_id.round(sum(self.amounts.values()))


class SkydropAutoBilling(models.Model):
    """Which invoices a rule makes on a day, and what keeps it from making them.
    Nothing here writes: the cron, the page and the rehearsal plan alike."""

    _inherit = "skydrop.auto.billing"

    # ------------------------------------------------------------------
    # Invoices
    # ------------------------------------------------------------------

    def _plan_invoices(self, today):
        """The invoices due on a day, of rules of one company.

        :param date today: the day, in the company's invoicing zone
        :return: ``{rule: invoices}``, oldest window first, one per currency
        :rtype: dict[skydrop.auto.billing, list[PlannedInvoice]]
        """
        deposits = self._get_open_deposits(today).grouped("commercial_partner_id")
        get_date = self._prepare_date_getter(today)
        nothing = self.env["skydrop.deposit"]
        return {
            rule: [
                planned
                for window, taken in rule._split_due(
                    deposits.get(rule.commercial_partner_id, nothing), today
                )
                for planned in rule._plan_window(window, taken, get_date)
            ]
            for rule in self
        }

    def _get_open_deposits(self, today):
        """:return: what could be invoiced of the rules' customers, oldest first"""
        if not self:
            return self.env["skydrop.deposit"]
        return (
            self.env["skydrop.deposit"]
            .search(self._get_open_domain(today), order="billing_date, date, id")
            .filtered(
                lambda deposit: (
                    not deposit._is_billing_blocked()
                    and self._get_automatic_amount(deposit) > 0
                )
            )
        )

    def _get_open_domain(self, today):
        """:return: deposits of the rules' customers with something to invoice"""
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("commercial_partner_id", "in", self.commercial_partner_id.ids)
            & Domain("invoice_status", "in", OPEN_STATUS)
            & Domain("state", "=", "confirmed")
            & Domain("origin", "=", "payment")
            & Domain("billing_date", ">=", min(self.mapped("covered_from")))
            & Domain("billing_date", "<=", today)
        )

    @api.model
    def _get_automatic_amount(self, deposit):
        """Return the part of a deposit that was never claimed by an invoice; what was
        claimed and freed is left to a person"""
        return deposit.currency_id.round(
            deposit.amount_to_invoice - deposit.amount_freed
        )

    def _split_due(self, deposits, today):
        """Distribute the open deposits of the customer over the windows that are due.

        :return: ``(window, deposits)``; by deposit each alone, without a window,
            except for those of the days before the rule's start, which go together
        :rtype: list[tuple]
        """
        self.ensure_one()
        covered = deposits.filtered(
            lambda deposit: deposit.billing_date >= self.covered_from
        )
        if self.mode == "deposit":
            older = covered.filtered(
                lambda deposit: deposit.billing_date < self.start_date
            )
            return [(None, taken) for taken in (older, *(covered - older)) if taken]
        return [
            (window, covered[begin:end])
            for window, begin, end in billing_windows.due_windows(
                self.mode,
                self.start_date,
                int(self.period_days),
                self.next_date,
                today,
                covered.mapped("billing_date"),
            )
        ]

    def _plan_window(self, window, deposits, get_date):
        """:return: the invoices of what one window takes, one per currency"""
        self.ensure_one()
        day = window.last if window else max(deposits.mapped("billing_date"))
        return [
            PlannedInvoice(
                rule=self,
                window=window,
                deposits=same_currency,
                amounts={
                    deposit.id: self._get_automatic_amount(deposit)
                    for deposit in same_currency
                },
                invoice_date=get_date(day),
            )
            for same_currency in deposits.grouped("currency_id").values()
        ]

    def _prepare_date_getter(self, today):
        """:return: a function from the day of a window to the date of its invoice"""
        company = self.company_id
        known = {}

        def is_open(day):
            return not company._get_violated_lock_dates(
                day, True, company.skydrop_journal_id
            )

        def get_date(day):
            if day not in known:
                known[day] = billing_windows.invoice_date(day, today, is_open)
            return known[day]

        return get_date

    def _get_next_date_after(self, invoices, today):
        """The day of the next invoice, once some of those due are made.

        :param list[PlannedInvoice] invoices: due, but not made yet
        :rtype: date or False
        """
        self.ensure_one()
        if self.mode == "deposit":
            return False
        if invoices:
            return invoices[0].window.generated
        return billing_windows.next_date_after(
            self.mode, self.start_date, int(self.period_days), self.next_date, today
        )

    # ------------------------------------------------------------------
    # Known causes
    # ------------------------------------------------------------------

    def _get_company_issues(self, today):
        """What keeps every rule of the company from invoicing on a day.

        :return: ``(code, message)`` of each
        :rtype: list[tuple[str, str]]
        """
        company = self.company_id
        # Nobody looks at these invoices first: one without IVA is a warning elsewhere.
        issues = [
            ("not_set_up", message)
            for message in (
                company._skydrop_get_set_up_issues()
                + company._skydrop_get_set_up_warnings()
            )
        ]
        journal = company.skydrop_journal_id
        if journal and not journal.active:
            message = self.env._(
                "Journal %s is archived: restore it, or choose another in Settings.",
                journal.display_name,
            )
            issues.append(("journal", message))
        if company._get_violated_lock_dates(today, True, journal):
            message = self.env._(
                "The accounting period of %s is locked: unlock it, or wait until it is"
                " over.",
                today.isoformat(),
            )
            issues.append(("locked", message))
        return issues

    def _get_issues(self, invoices, company_issues=()):
        """What is known beforehand to keep the rule from making invoices.

        :param list[PlannedInvoice] invoices: the invoices due
        :param list company_issues: from ``_get_company_issues``
        :return: ``(code, message)`` of each
        :rtype: list[tuple[str, str]]
        """
        self.ensure_one()
        issues = [*company_issues, *self._get_receiver_issues()]
        for planned in invoices:
            currency = planned.deposits.currency_id
            if not currency.active:
                message = self.env._(
                    "Currency %s is archived: activate it.", currency.name
                )
                issues.append(("currency", message))
        return list(dict.fromkeys(issues))

    def _get_receiver_issues(self):
        receiver = self.receiver_id
        if not receiver.active:
            message = self.env._(
                "Receiver %s is archived: choose another.", receiver.display_name
            )
            return [("receiver", message)]
        if not self._is_receiver_of_customer():
            message = self.env._(
                "%(receiver)s is no receiver of %(customer)s: choose another.",
                receiver=receiver.display_name,
                customer=self.partner_id.display_name,
            )
            return [("receiver", message)]
        return [
            ("receiver", message)
            for _field, _code, message in receiver._skydrop_get_receiver_issues()
        ]

    def _is_receiver_of_customer(self):
        """:return: whether invoices of the customer can be made out to the receiver"""
        self.ensure_one()
        customer, receiver = self.partner_id, self.receiver_id
        return receiver == customer or receiver.parent_id == customer

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def action_preview(self):
        """What the rules would generate today; nothing is written.

        :return: see ``_get_rehearsal``
        :rtype: list[dict]
        :raise AccessError: the user may not read the rules
        """
        self.check_access("read")
        return self.sudo()._get_rehearsal()

    def _get_rehearsal(self, day=None):
        """What the rules would generate if they ran on a day, with what is known now.

        :param date day: by default today in each company's zone
        :return: one dict an invoice: ``rule_id``, ``customer``, ``date_from`` and
            ``date_to`` (of the window; None by deposit), ``invoice_date``,
            ``deposit_ids``, ``count``, ``total``, ``currency`` (ISO code) and
            ``problems`` (sentences; none if it would succeed)
        :rtype: list[dict]
        """
        rows = []
        for company, rules in self.grouped("company_id").items():
            today = day or self._get_today(company)
            rules = rules.with_company(company)
            company_issues = rules._get_company_issues(today)
            for rule, invoices in rules._plan_invoices(today).items():
                issues = rule._get_issues(invoices, company_issues)
                rows += [rule._prepare_rehearsal(each, issues) for each in invoices]
        return rows

    def _prepare_rehearsal(self, planned, issues):
        self.ensure_one()
        window = planned.window
        return {
            "rule_id": self.id,
            "customer": self.partner_id.display_name,
            "date_from": window.first if window else None,
            "date_to": window.last if window else None,
            "invoice_date": planned.invoice_date,
            "deposit_ids": planned.deposits.ids,
            "count": len(planned.deposits),
            "total": planned.total,
            "currency": planned.deposits.currency_id.name,
            "problems": [message for _code, message in issues],
        }

    def _get_upcoming(self):
        """The next invoice as far as it is known today, for the customer's page.

        :return: one planned invoice per currency; none while nothing is covered
        :rtype: list[PlannedInvoice]
        """
        self.ensure_one()
        today = self._get_today(self.company_id)
        if self.mode == "deposit":
            return self._plan_invoices(today)[self]
        planned = self._plan_invoices(max(self.next_date, today))[self]
        return [each for each in planned if each.window == planned[0].window]
