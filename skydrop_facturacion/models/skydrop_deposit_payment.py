from odoo import api, fields, models


class SkydropDeposit(models.Model):
    """What becomes of a deposit when its payment is posted, undone or posted again.

    Invoices are never touched: a deposit of which something is invoiced is only marked,
    for the accountant to judge.
    """

    _inherit = "skydrop.deposit"

    payment_state = fields.Selection(
        selection=[("posted", "In force"), ("void", "Not in force")],
        string="Payment Status",
        compute="_compute_payment_state",
        store=True,
        help="Not in force: the payment is a draft, or was cancelled, rejected or"
        " reversed.",
    )
    payment_cancelled = fields.Boolean(
        string="Cancelled with Its Payment",
        readonly=True,
        copy=False,
        help="The deposit is confirmed again when the payment is posted again.",
    )
    is_from_payment = fields.Boolean(
        string="Made from a Payment",
        readonly=True,
        copy=False,
    )

    _from_payment_uniq = models.UniqueIndex(
        "(payment_id) WHERE is_from_payment",
        "This payment is a deposit already.",
    )

    # ------------------------------------------------------------------
    # Compute
    # ------------------------------------------------------------------

    @api.depends(
        "payment_id.state",
        "payment_id.move_id.state",
        "payment_id.move_id.reversal_move_ids.state",
    )
    def _compute_payment_state(self):
        for deposit in self:
            if not deposit.payment_id:
                deposit.payment_state = False
            elif deposit.payment_id._skydrop_is_in_force():
                deposit.payment_state = "posted"
            else:
                deposit.payment_state = "void"

    # ------------------------------------------------------------------
    # Follow the payment
    # ------------------------------------------------------------------

    def _follow_payment(self):
        """Bring deposits in line with payments that were just posted or undone."""
        void = self.filtered(lambda deposit: deposit.payment_state == "void")
        void._cancel_with_payment()
        posted = (self - void).filtered("payment_id")
        posted._confirm_with_payment()
        # The invoices that lost the payment take it again.
        posted.invoice_ids._skydrop_settle()

    def _cancel_with_payment(self):
        """Cancel what is confirmed and not invoiced; the rest carries the mark."""
        confirmed = self.filtered(lambda deposit: deposit.state == "confirmed")
        confirmed._lock()
        free = confirmed.filtered(
            lambda deposit: deposit.currency_id.is_zero(deposit.amount_invoiced)
        )
        if free:
            free.write({"state": "cancelled", "payment_cancelled": True})

    def _confirm_with_payment(self):
        """Take back the cancellation, with what the payment says now."""
        for deposit in self.filtered("payment_cancelled"):
            values = {"state": "confirmed", "payment_cancelled": False}
            if deposit.is_from_payment:
                values.update(deposit.payment_id._skydrop_prepare_deposit_values())
            deposit.write(values)

    def write(self, vals):
        res = super().write(vals)
        if vals.get("payment_id"):
            # An invoice that was issued before its payment was known.
            self.sudo().invoice_ids._skydrop_settle()
        return res
