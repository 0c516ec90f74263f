from odoo import api, fields, models

PAYMENT_ACTIVITY = "mail.mail_activity_data_warning"


class SkydropDeposit(models.Model):
    """What becomes of a deposit when its payment is posted, undone or posted again.

    Invoices are never touched: a deposit of which something is invoiced is marked, the
    rest of it is no longer billable, and an activity tells the accountant what to do.
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
        string="Undone with Its Payment",
        readonly=True,
        copy=False,
        help="The deposit was cancelled with its payment; or, if something of it was"
        " invoiced, its rest can no longer be invoiced. Both are taken back when the"
        " payment is posted again.",
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

    @api.depends("payment_cancelled")
    def _compute_invoice_status(self):
        return super()._compute_invoice_status()

    def _is_billable(self):
        return super()._is_billable() and not self.payment_cancelled

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
        """Cancel what is confirmed and not invoiced; mark the others."""
        confirmed = self.filtered(lambda deposit: deposit.state == "confirmed")
        confirmed._lock()
        free = confirmed.filtered(
            lambda deposit: deposit.currency_id.is_zero(deposit.amount_invoiced)
        )
        if free:
            free.write({"state": "cancelled", "payment_cancelled": True})
        (confirmed - free).filtered(
            lambda deposit: not deposit.payment_cancelled
        )._mark_undone()

    def _confirm_with_payment(self):
        """Take back cancellation or mark, with what the payment says now."""
        undone = self.filtered("payment_cancelled")
        undone.filtered(lambda deposit: deposit.state == "confirmed")._unmark_undone()
        for deposit in undone.filtered(lambda deposit: deposit.state == "cancelled"):
            values = {"state": "confirmed", "payment_cancelled": False}
            if deposit.is_from_payment:
                values.update(deposit.payment_id._skydrop_prepare_deposit_values())
            deposit.write(values)

    def write(self, vals):
        res = super().write(vals)
        if "payment_id" in vals:
            # Somebody judged: another payment brought the money, or none in Odoo.
            self.sudo().filtered(
                lambda deposit: (
                    deposit.payment_cancelled
                    and deposit.state == "confirmed"
                    and deposit.payment_state != "void"
                )
            )._unmark_undone()
        if vals.get("payment_id"):
            # An invoice that was issued before its payment was known.
            self.sudo().invoice_ids._skydrop_settle()
        return res

    # ------------------------------------------------------------------
    # Invoiced, and the money is gone
    # ------------------------------------------------------------------

    def _mark_undone(self):
        """Keep the rest of invoiced deposits from being invoiced, and ask a person to
        judge, by one activity each."""
        self.payment_cancelled = True
        for deposit in self:
            user = deposit._get_payment_user()
            env = deposit.with_context(lang=user.lang).env
            deposit.with_context(
                mail_activity_quick_update=True, lang=user.lang
            ).activity_schedule(
                PAYMENT_ACTIVITY,
                user_id=user.id,
                summary=env._("The payment of an invoiced deposit was undone"),
                note=deposit.with_env(env)._get_undone_note(),
            )

    def _get_payment_user(self):
        """Return who undid the payment, if that was an accountant; or the person in
        charge of the company's automatic invoicing"""
        self.ensure_one()
        user = self.env.user
        if user.has_group("skydrop_facturacion.group_accountant"):
            return user
        return self.company_id._skydrop_get_automatic_user()

    def _get_undone_note(self):
        """:return: what happened, and what to do; plain text"""
        self.ensure_one()
        return self.env._(
            "Payment %(payment)s was undone after %(amount)s of this deposit had been"
            " invoiced in %(invoices)s. What is left of it can no longer be invoiced."
            " If the money did not arrive, issue a credit note for the invoices, then"
            " cancel the deposit. If another payment brought it, one that is no deposit"
            " of its own, choose that payment in the deposit.",
            payment=self.payment_id.display_name,
            amount=self.currency_id.format(self.amount_invoiced),
            invoices=self._get_invoice_names(),
        )

    def action_cancel(self):
        """Cancel deposits; what their payments left to do is done by that."""
        res = super().action_cancel()
        self.sudo().activity_unlink([PAYMENT_ACTIVITY])
        return res

    def _unmark_undone(self):
        """Let the rest be invoiced again where the payment covers the deposit."""
        covered = self - self._get_with_unfit_payment()
        covered.payment_cancelled = False
        covered.activity_unlink([PAYMENT_ACTIVITY])
