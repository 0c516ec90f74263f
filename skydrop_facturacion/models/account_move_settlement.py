from odoo import models


class AccountMove(models.Model):
    """What pays a deposit invoice: the payments of its deposits, also where customer
    and receiver differ, so that it ends up paid and its cash-basis IVA moved."""

    _inherit = "account.move"

    def _skydrop_settle(self):
        """Reconcile what the moves leave open, where the company wants it.

        A posted invoice takes its deposits' payments. A credit note settles its own
        invoice; the payments that it or a cancelled invoice set free settle the other
        invoices of the same deposits.
        """
        moves = self.sudo().filtered(
            lambda move: move.company_id.skydrop_reconcile and move.skydrop_deposit_ids
        )
        refunds = moves.filtered(
            lambda move: move.move_type == "out_refund" and move.state == "posted"
        )
        for refund in refunds:
            refund._skydrop_settle_original()
        posted = moves.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )
        others = (moves - posted).skydrop_deposit_ids.invoice_ids
        (posted | others)._skydrop_settle_invoices()

    def _skydrop_settle_original(self):
        """Settle the invoice with its credit note instead of its payments, as Odoo's
        own reversal does: the money is for the invoice that comes next."""
        self.ensure_one()
        original = self.reversed_entry_id
        if not self._skydrop_get_open_lines():
            return
        payments = original.skydrop_deposit_ids.payment_id.move_id
        original.line_ids.matched_credit_ids.filtered(
            lambda partial: partial.credit_move_id.move_id in payments
        ).unlink()
        lines = (self | original)._skydrop_get_open_lines()
        if len(lines.move_id) == 2:
            lines.reconcile()

    def _skydrop_settle_invoices(self):
        """Reconcile posted, open invoices with what their deposits left open; an
        invoice that another one replaced waits for its cancellation instead."""
        plan, shares = [], {}
        invoices = self.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and move.state == "posted"
                and not move.skydrop_is_replaced
            )
        )
        for invoice in invoices.sorted(lambda move: (move.invoice_date, move.id)):
            for debit in invoice._skydrop_get_open_lines():
                credits = invoice._skydrop_get_shares(debit)
                if credits:
                    plan.append(debit + debit.browse([credit.id for credit in credits]))
                for credit, share in credits.items():
                    shares[debit.id, credit.id] = share
        if plan:
            self.env["account.move.line"].with_context(
                skydrop_shares=shares
            )._reconcile_plan(plan)

    def _skydrop_get_open_lines(self):
        """:return: the receivable items of the moves that are not reconciled"""
        return self.line_ids.filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and not line.reconciled
            )
        )

    def _skydrop_get_shares(self, debit):
        """What may settle a receivable item of the invoice.

        :param account.move.line debit: an open receivable item of the invoice
        :return: open item of a payment: the amount of it, in the currency of the
            invoice, that belongs to deposits of this invoice
        :rtype: dict[account.move.line, float]
        """
        self.ensure_one()
        sums = {}
        Deposit = self.env["skydrop.deposit"]
        for deposit_id, part in self._skydrop_get_claims().items():
            payment_entry = Deposit.browse(deposit_id).payment_id.move_id
            sums[payment_entry] = sums.get(payment_entry, 0.0) + part
        return {
            line: share - debit._skydrop_get_matched(line)
            for payment_entry, share in sums.items()
            for line in payment_entry._skydrop_get_open_lines()
            if line.account_id == debit.account_id and line.amount_residual < 0
        }
