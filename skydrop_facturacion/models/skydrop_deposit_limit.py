from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_list

from ..exceptions import BillingError
from .skydrop_deposit import OPEN_STATUS


class SkydropDeposit(models.Model):
    """The month limit: deposits that are too old for their customer to invoice.

    It binds customers. Accountants invoice such deposits too, told by
    ``_get_limit_warning``; automatic invoicing asks whether its invoice is dated in
    time.
    """

    _inherit = "skydrop.deposit"

    billing_block = fields.Selection(search="_search_billing_block")
    limit_notified = fields.Boolean(
        string="Left to a Person",
        readonly=True,
        copy=False,
        help="Automatic invoicing could not take the deposit in time, and said so.",
    )

    # ------------------------------------------------------------------
    # Block
    # ------------------------------------------------------------------

    @api.depends(
        "billing_date",
        "invoice_status",
        "company_id.skydrop_billing_limit",
        "company_id.skydrop_billing_grace_days",
    )
    def _compute_billing_block(self):
        res = super()._compute_billing_block()
        open_deposits = self.filtered(
            lambda deposit: (
                not deposit.billing_block
                and deposit.billing_date
                and deposit.invoice_status in OPEN_STATUS
            )
        )
        for company, deposits in open_deposits.grouped("company_id").items():
            first = company.sudo()._skydrop_get_first_billable_day()
            for deposit in deposits if first else ():
                if deposit.billing_date < first:
                    deposit.billing_block = "limit"
        return res

    def _search_billing_block(self, operator, value):
        if operator != "in":
            return NotImplemented
        blocks = self._get_block_domains()
        domain = Domain.OR(blocks[block] for block in value if block in blocks)
        if False in value:
            domain |= ~Domain.OR(blocks.values())
        return domain

    @api.model
    def _get_block_domains(self):
        """:return: the deposits of each ``billing_block``
        :rtype: dict[str, odoo.fields.Domain]
        """
        payments = Domain("origin", "=", "payment")
        held = self._get_held_domain()
        return {
            "origin": ~payments,
            "request": payments & held,
            "limit": payments & ~held & self._get_past_limit_domain(),
        }

    @api.model
    def _get_past_limit_domain(self):
        """Deposits with something to invoice that are past the limit of their company.

        :rtype: odoo.fields.Domain
        """
        companies = (
            self.env["res.company"]
            .sudo()
            .search([("skydrop_billing_limit", "!=", "none")])
        )
        return Domain("invoice_status", "in", OPEN_STATUS) & Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("billing_date", "<", company._skydrop_get_first_billable_day())
            for company in companies
        )

    @api.model
    def _get_billable_domain(self, partner, company):
        domain = super()._get_billable_domain(partner, company)
        first = company.sudo()._skydrop_get_first_billable_day()
        return domain & Domain("billing_date", ">=", first) if first else domain

    # ------------------------------------------------------------------
    # Refusal, and who may pass
    # ------------------------------------------------------------------

    def _may_pass_limit(self):
        """Return whether an accountant asks in their own name, or automatic invoicing,
        which judged the deposits by the date of its invoice, or their wizard
        (``skydrop_past_limit`` in the context); the portal, which acts with ``sudo``,
        may not"""
        if self.env.context.get("skydrop_past_limit"):
            return True
        accountant = "skydrop_facturacion.group_accountant"
        return not self.env.su and self.env.user.has_group(accountant)

    def _is_billing_blocked(self):
        if self.billing_block == "limit" and self._may_pass_limit():
            return False
        return super()._is_billing_blocked()

    def _check_billable_together(self):
        late = self.filtered(
            lambda deposit: (
                deposit.billing_block == "limit" and deposit._is_billing_blocked()
            )
        )
        if late:
            raise BillingError(
                "limit",
                self.env._(
                    "These deposits can no longer be invoiced here: %(deposits)s."
                    " %(reason)s Take them out, or write to us.",
                    deposits=format_list(self.env, late.mapped("display_name")),
                    reason=late.sorted("billing_date")[0]._get_limit_reason(),
                ),
            )
        return super()._check_billable_together()

    def _get_limit_reason(self):
        """:return: a sentence: since when the deposit cannot be invoiced any more"""
        self.ensure_one()
        company = self.company_id.sudo()
        last_day = company._skydrop_get_last_billing_day(self.billing_date)
        return self.env._(
            "The time to invoice the deposits of %(month)s ended on %(day)s.",
            month=company._skydrop_format_month(self.billing_date),
            day=format_date(self.env, last_day, date_format="long"),
        )

    def _get_limit_warning(self):
        """What an accountant should know before invoicing these deposits.

        :rtype: str
        :return: a sentence; empty if none of them is past the limit
        """
        late = self.filtered(lambda deposit: deposit.billing_block == "limit")
        if not late:
            return ""
        return self.env._(
            "Past the month limit, so the customer cannot invoice them: %s. You can.",
            format_list(self.env, late.mapped("display_name")),
        )

    def _get_limit_line(self):
        """:return: the deposit in a list of those that were left"""
        self.ensure_one()
        amount = self.currency_id.format(self.amount_to_invoice)
        day = format_date(self.env, self.billing_date)
        return f"{self.display_name} · {day} · {amount}"

    @api.model
    def _forget_past_limit(self, companies):
        """Hand what was left to a person back to automatic invoicing, whose limit is
        another one now."""
        deposits = self.search(
            [("company_id", "in", companies.ids), ("limit_notified", "=", True)]
        )
        if deposits:
            deposits.limit_notified = False
            deposits._trigger_automatic_invoicing()
