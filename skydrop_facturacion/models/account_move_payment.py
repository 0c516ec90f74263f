from odoo import models


class AccountMove(models.Model):
    """The entries of payments: posted, reset, cancelled and reversed on their own."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._skydrop_follow_payments()
        return posted

    def button_draft(self):
        res = super().button_draft()
        self._skydrop_follow_payments()
        return res

    def button_cancel(self):
        res = super().button_cancel()
        self._skydrop_follow_payments()
        return res

    def _skydrop_follow_payments(self):
        """Tell the deposits of payments whose entry, or whose reversal, these are."""
        entries = self.filtered(lambda move: move.move_type == "entry").sudo()
        payments = (entries | entries.reversed_entry_id).origin_payment_id
        if payments:
            payments._skydrop_follow()
