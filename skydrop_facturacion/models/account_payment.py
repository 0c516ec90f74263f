from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_list

GROUP = "skydrop_facturacion.group_accountant"
IN_FORCE = ("in_process", "paid")


class AccountPayment(models.Model):
    """Customer payments of the journals that the company chose become deposits."""

    _inherit = "account.payment"

    skydrop_deposit_ids = fields.One2many(
        comodel_name="skydrop.deposit",
        inverse_name="payment_id",
        string="Deposits",
    )
    skydrop_deposit_count = fields.Integer(
        string="Number of Deposits",
        compute="_compute_skydrop_deposit_count",
    )

    @api.depends("skydrop_deposit_ids")
    def _compute_skydrop_deposit_count(self):
        for payment in self:
            payment.skydrop_deposit_count = len(payment.skydrop_deposit_ids)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        res = super().write(vals)
        if "state" in vals:
            self._skydrop_follow()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_deposited(self):
        """A posted payment is reset before it is deleted, which cancels a deposit that
        is not invoiced; such a deposit lets go of its payment."""
        for payment in self.sudo():
            deposits = payment._skydrop_get_deposits()
            kept = deposits.filtered(
                lambda deposit: deposit.state == "confirmed" or deposit.invoice_line_ids
            )
            if kept:
                raise UserError(
                    self.env._(
                        "Payment %(payment)s cannot be deleted, since it paid these"
                        " deposits: %(deposits)s. Cancel them first; a deposit that was"
                        " invoiced keeps its payment.",
                        payment=payment.display_name,
                        deposits=format_list(self.env, kept.mapped("display_name")),
                    )
                )
            deposits.payment_id = False

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_skydrop_view_deposits(self):
        """:return: the window action that opens the deposits of the payments"""
        self.check_access("read")
        return self.skydrop_deposit_ids._get_records_action(name=self.env._("Deposits"))

    def action_skydrop_take_up(self):
        """Make deposits of posted payments, whatever their journal; those that are
        deposits already are left as they are.

        :return: the window action that opens the deposits of the payments
        :rtype: dict
        :raise AccessError: the user is no accountant of this addon
        :raise UserError: a payment cannot become a deposit; all are left as they are
        """
        self.check_access("read")
        if not (self.env.su or self.env.user.has_group(GROUP)):
            raise AccessError(
                self.env._("Only accountants of deposits may take up payments.")
            )
        new = self.filtered(lambda payment: not payment._skydrop_get_deposits())
        refused = [
            f"- {payment.display_name}: {reason}"
            for payment in new
            if (reason := payment._skydrop_get_reason_against())
        ]
        if refused:
            raise UserError(
                self.env._(
                    "Nothing was taken up, since these payments are no deposits:\n"
                    "%(payments)s\nTake them out of the choice.",
                    payments="\n".join(refused),
                )
            )
        new._skydrop_create_deposits()
        return self.action_skydrop_view_deposits()

    # ------------------------------------------------------------------
    # Follow
    # ------------------------------------------------------------------

    def _skydrop_follow(self):
        """Called when payments were posted, reset, cancelled, rejected or reversed."""
        payments = self.sudo()
        payments._skydrop_get_deposits()._follow_payment()
        new = payments.filtered(
            lambda payment: (
                payment._skydrop_is_wanted()
                and not payment._skydrop_get_deposits()
                and not payment._skydrop_get_reason_against()
            )
        )
        if new:
            new._skydrop_create_deposits()

    def _skydrop_get_deposits(self):
        """:return: the deposits of the payments, archived ones too"""
        return self.sudo().with_context(active_test=False).skydrop_deposit_ids

    def _skydrop_is_in_force(self):
        """:return: whether the payment is posted, and not reversed"""
        self.ensure_one()
        entry = self.move_id
        return (
            self.state in IN_FORCE
            and (not entry or entry.state == "posted")
            and "posted" not in entry.reversal_move_ids.mapped("state")
        )

    def _skydrop_is_wanted(self):
        """:return: whether the company wants the payments of its journal as deposits"""
        self.ensure_one()
        company = self.company_id
        return company.skydrop_payment_deposits and (
            self.journal_id in company.skydrop_payment_journal_ids
        )

    def _skydrop_get_reason_against(self):
        """:return: why the payment cannot become a deposit, as a sentence; or None"""
        self.ensure_one()
        if self.payment_type != "inbound" or self.partner_type != "customer":
            return self.env._("It is no payment of a customer.")
        if not self.partner_id or self.paired_internal_transfer_payment_id:
            return self.env._("It has no customer.")
        if not self._skydrop_is_in_force():
            return self.env._("It is not posted, or was reversed.")
        if self.currency_id.is_zero(self.amount):
            return self.env._("Its amount is zero.")
        if (
            self.env.context.get("skydrop_pays_invoices")
            or self.invoice_ids
            or self.reconciled_invoice_ids
            or self.payment_transaction_id.invoice_ids
        ):
            return self.env._("It pays an invoice already.")
        # Deposits are not registered ahead of time.
        if self._skydrop_get_moment() > fields.Datetime.now() + timedelta(days=1):
            return self.env._("It is dated in the future.")
        return None

    # ------------------------------------------------------------------
    # Create
    # ------------------------------------------------------------------

    def _skydrop_create_deposits(self):
        """:return: the confirmed deposits that were made, one a payment
        :rtype: skydrop.deposit
        """
        return (
            self.env["skydrop.deposit"]
            .sudo()
            .with_context(mail_create_nosubscribe=True)
            .create(
                [
                    {
                        **payment._skydrop_prepare_deposit_values(),
                        "company_id": payment.company_id.id,
                        "payment_id": payment.id,
                        "is_from_payment": True,
                        "state": "confirmed",
                    }
                    for payment in self
                ]
            )
        )

    def _skydrop_prepare_deposit_values(self):
        """:return: values that the deposit takes from its payment
        :rtype: dict
        """
        self.ensure_one()
        return {
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "amount": self.amount,
            "date": self._skydrop_get_moment(),
            "payment_form": self._skydrop_get_payment_form(),
        }

    def _skydrop_get_moment(self):
        """A payment has a day and no time: noon keeps it on that day, in the time zone
        of the company's invoicing; today it is now.

        :return: the moment of the deposit, in UTC
        :rtype: datetime
        """
        self.ensure_one()
        zone = pytz.timezone(self.company_id.skydrop_tz)
        now = fields.Datetime.now()
        if self.date == pytz.utc.localize(now).astimezone(zone).date():
            return now
        noon = zone.localize(datetime.combine(self.date, time(12)))
        return noon.astimezone(pytz.utc).replace(tzinfo=None)

    def _skydrop_get_payment_form(self):
        """:return: the form of the payment's method, a SAT code of c_FormaPago"""
        self.ensure_one()
        return self.payment_method_line_id._skydrop_get_payment_form(self.journal_id)
