from odoo import api, fields, models
from odoo.exceptions import UserError


class SkydropDeposit(models.Model):
    """What the accountant's buttons do, on one deposit or on many ticked ones."""

    _inherit = "skydrop.deposit"

    request_count = fields.Integer(
        string="Number of Requests",
        compute="_compute_request_count",
    )

    @api.depends("invoice_line_ids.move_id.skydrop_change_request_ids")
    def _compute_request_count(self):
        for deposit in self:
            deposit.request_count = len(deposit._get_requests())

    # ------------------------------------------------------------------
    # Confirm and cancel
    # ------------------------------------------------------------------

    def action_confirm(self):
        """Make draft deposits billable; the others are left as they are.

        :return: a notification that says how many were left, if any of several were
        :rtype: dict or None
        """
        self.check_access("write")
        drafts = self.filtered(lambda deposit: deposit.state == "draft")
        drafts.sudo().state = "confirmed"
        if len(self) == 1 or drafts == self:
            return None
        return self._notify(
            self.env._(
                "Confirmed: %(confirmed)s. No drafts, so left as they are: %(left)s.",
                confirmed=len(drafts),
                left=len(self - drafts),
            )
        )

    def action_cancel(self):
        """Cancel deposits, all of them or none.

        :raise UserError: if any is invoiced; names these and their invoices
        """
        self.check_access("write")
        self._lock()
        invoiced = self.filtered(
            lambda deposit: not deposit.currency_id.is_zero(deposit.amount_invoiced)
        )
        if len(invoiced) == 1:
            raise UserError(
                self.env._(
                    "Deposit %(deposit)s is invoiced in %(invoices)s and cannot be"
                    " cancelled. Cancel the invoice or issue a credit note first.",
                    deposit=invoiced.display_name,
                    invoices=invoiced._get_invoice_names(),
                )
            )
        if invoiced:
            raise UserError(
                self.env._(
                    "Nothing was cancelled, since these deposits are invoiced:\n"
                    "%(deposits)s\n"
                    "Take them out of the choice, or cancel their invoices first.",
                    deposits="\n".join(
                        f"- {deposit.display_name}: {deposit._get_invoice_names()}"
                        for deposit in invoiced
                    ),
                )
            )
        self.sudo().state = "cancelled"

    def action_draft(self):
        """Take back a cancellation, for a person to look at and confirm; deposits that
        are not cancelled are left as they are."""
        self.check_access("write")
        cancelled = self.filtered(lambda deposit: deposit.state == "cancelled")
        cancelled.sudo().write({"state": "draft", "payment_cancelled": False})

    @api.model
    def _notify(self, message):
        """:return: the client action that shows a message, then the list anew"""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------------
    # Invoice
    # ------------------------------------------------------------------

    def action_invoice(self):
        """Open the preview of the invoice of the ticked deposits; of several customers,
        companies or currencies one after another.

        :return: the window action of ``skydrop.invoice.deposits``
        :rtype: dict
        :raise AccessError: the user is no accountant
        :raise UserError: none of the deposits can be invoiced
        """
        self.check_access("read")
        return self.env["skydrop.invoice.deposits"]._open(self)

    # ------------------------------------------------------------------
    # Look at what belongs to it
    # ------------------------------------------------------------------

    def action_view_invoices(self):
        """:return: the window action that opens the invoices of the deposits."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        action["domain"] = [("id", "in", self.invoice_ids.ids)]
        action["context"] = {"create": False}
        return action

    def action_view_payment(self):
        """:return: the window action that opens the payment of the deposit"""
        self.check_access("read")
        return self.payment_id._get_records_action(name=self.env._("Payment"))

    def action_view_requests(self):
        """:return: the window action that opens the requests about its invoices"""
        self.check_access("read")
        return self._get_requests()._get_records_action(name=self.env._("Requests"))

    def _get_requests(self):
        """:return: the requests about the invoices of the deposits"""
        requests = self.sudo().invoice_line_ids.move_id.skydrop_change_request_ids
        return requests.sudo(self.env.su)
