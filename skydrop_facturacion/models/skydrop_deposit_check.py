from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_list

from ..tools import sat

# Derived, or changed by actions alone.
PROTECTED_FIELDS = frozenset(
    {
        "name",
        "state",
        "amount_invoiced",
        "amount_to_invoice",
        "amount_freed",
        "invoice_status",
        "billing_date",
        "status_date",
    }
)


class SkydropDeposit(models.Model):
    """What may be written on a deposit, and the sentences that refuse the rest."""

    _inherit = "skydrop.deposit"

    @api.constrains("origin", "payment_form")
    def _check_payment_form(self):
        for deposit in self:
            if (
                deposit.origin == "payment"
                and deposit.payment_form not in sat.PAYMENT_FORMS
            ):
                raise ValidationError(
                    self.env._(
                        "Deposit %s is a payment: choose its form of payment.",
                        deposit.display_name,
                    )
                )

    @api.constrains("active", "state")
    def _check_active(self):
        for deposit in self:
            if not deposit.active and deposit.amount_to_invoice:
                raise ValidationError(
                    self.env._(
                        "Deposit %s is still to be invoiced: cancel it before you"
                        " archive it.",
                        deposit.display_name,
                    )
                )

    @api.constrains("payment_id", "partner_id", "currency_id", "amount", "state")
    def _check_payment(self):
        """The payment is one of the customer, and covers its deposits."""
        for deposit in self._get_with_unfit_payment():
            raise ValidationError(
                self.env._(
                    "Payment %(payment)s does not fit deposit %(deposit)s: it has to be"
                    " a payment of the same customer in the same currency, of at least"
                    " the amount of its deposits.",
                    payment=deposit.payment_id.display_name,
                    deposit=deposit.display_name,
                )
            )

    def _get_with_unfit_payment(self):
        """Return the deposits whose payment is not the customer's, or not large
        enough for all of its deposits"""
        paid = self.sudo().filtered("payment_id")
        deposited = paid._get_deposited(paid.payment_id)

        def fits(deposit):
            payment = deposit.payment_id
            return (
                payment.payment_type == "inbound"
                and payment.partner_type == "customer"
                and payment.partner_id.commercial_partner_id
                == deposit.commercial_partner_id
                and payment.currency_id == deposit.currency_id
                and deposit.currency_id.compare_amounts(
                    deposited.get(payment, 0.0), payment.amount
                )
                <= 0
            )

        return paid.filtered(lambda deposit: not fits(deposit))

    @api.constrains("date")
    def _check_date(self):
        latest = fields.Datetime.now() + timedelta(days=1)
        for deposit in self:
            if deposit.date > latest:
                raise ValidationError(
                    self.env._(
                        "Deposit %s is dated more than a day in the future: correct"
                        " the date.",
                        deposit.display_name,
                    )
                )

    @api.constrains("amount", "partner_id", "company_id", "currency_id", "origin")
    def _check_unchanged_while_invoiced(self):
        for deposit in self:
            if not deposit.currency_id.is_zero(deposit.amount_invoiced):
                raise ValidationError(
                    self.env._(
                        "Amount, customer, company, currency and origin of deposit"
                        " %(deposit)s cannot change while it is invoiced in"
                        " %(invoices)s.",
                        deposit=deposit.display_name,
                        invoices=deposit._get_invoice_names(),
                    )
                )

    def _check_company_stays(self, vals):
        """Once confirmed, a deposit is in the books and on the portal of its company.

        :raise UserError: names the deposit
        """
        if "company_id" not in vals:
            return
        for deposit in self:
            if deposit.state != "draft" and deposit.company_id.id != vals["company_id"]:
                raise UserError(
                    self.env._(
                        "Deposit %s is no longer a draft, so its company stays. Cancel"
                        " it and register it in the other company.",
                        deposit.display_name,
                    )
                )

    def _check_protected_fields(self, vals):
        """:raise UserError: somebody sets by hand what is derived"""
        protected = PROTECTED_FIELDS & vals.keys()
        if protected and not self.env.su:
            raise UserError(
                self.env._(
                    "These fields of a deposit cannot be set by hand: %s. Confirm or"
                    " cancel the deposit with its buttons.",
                    format_list(self.env, sorted(protected)),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        for deposit in self:
            if deposit.state == "confirmed" or deposit.invoice_line_ids:
                raise UserError(
                    self.env._(
                        "Deposit %s cannot be deleted, since it is confirmed or was"
                        " invoiced. Cancel it instead.",
                        deposit.display_name,
                    )
                )
