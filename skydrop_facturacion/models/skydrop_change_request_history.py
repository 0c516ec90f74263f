from odoo import models


class SkydropChangeRequest(models.Model):
    """What a customer is shown of a request."""

    _inherit = "skydrop.change.request"

    def _get_history(self):
        """What happened and what was written, oldest first.

        :return: ``date`` (UTC), ``label``, ``body`` (HTML that is safe to show, or
            nothing) and ``by_customer`` of each event
        :rtype: list[dict]
        """
        self.ensure_one()
        closed = {
            "done": self.env._("Resolved"),
            "rejected": self.env._("Rejected"),
            "withdrawn": self.env._("Withdrawn by you"),
        }
        events = [
            (self.sent_date, self.env._("Sent by %s", self.user_id.name)),
            (self.start_date, self.env._("Somebody works on it")),
            (self.closing_date, closed.get(self.state)),
        ]
        history = [
            {"date": date, "label": label, "body": "", "by_customer": False}
            for date, label in events
            if date and label
        ]
        history += [
            self._prepare_history_message(message)
            for message in self._get_customer_messages()
        ]
        return sorted(history, key=lambda event: event["date"])

    def _prepare_history_message(self, message):
        by_customer = (
            bool(message.author_id)
            and message.author_id.commercial_partner_id == self.partner_id
        )
        return {
            "date": message.date,
            # People of the desk are its voice, not persons to write to.
            "label": message.author_id.name if by_customer else self.env._("Support"),
            # Shown as HTML: plaintext2html escaped what a customer typed, and what
            # the staff wrote was sanitized by the field.
            "body": message.body,
            "by_customer": by_customer,
        }
