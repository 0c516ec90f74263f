from psycopg2.errors import UniqueViolation

from odoo import fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError

from .skydrop_change_request import OPEN_STATES


class SkydropChangeRequest(models.Model):
    """The life of a request: who takes it from one state to the next."""

    _inherit = "skydrop.change.request"

    def action_send(self):
        """Send drafts to the support desk; what was sent already is left as it is.

        :raise UserError: the invoice cannot be changed, or has an open request
        :raise ConcurrencyError: somebody else just sent one for the same invoice; the
            retry finds it
        """
        self.check_access("write")
        for request in self.sudo():
            if request.state == "draft":
                request._check_can_be_sent()
                request._set_state("sent", sent_date=fields.Datetime.now())
                request._send_request_mail()

    def action_start(self):
        """Somebody works on it: the customer can no longer withdraw it."""
        self.check_access("write")
        for request in self.sudo():
            request._check_state("sent", "in_progress")
            if request.state == "sent":
                request._set_state("in_progress", start_date=fields.Datetime.now())
                request.responsible_id = request.responsible_id or self.env.user

    def action_done(self):
        """Resolved: the deposits of the invoice are no longer held."""
        self.check_access("write")
        for request in self.sudo():
            request._check_state(*OPEN_STATES)
            request._set_state("done", closing_date=fields.Datetime.now())

    def action_reject(self):
        """Rejected, with the reason that the customer reads.

        :raise UserError: no reason is given
        """
        self.check_access("write")
        for request in self.sudo():
            request._check_state(*OPEN_STATES)
            if not (request.rejection_reason or "").strip():
                raise UserError(
                    self.env._(
                        "Write under “Rejection Reason” why %s is rejected: the"
                        " customer reads it.",
                        request.name,
                    )
                )
            request._set_state("rejected", closing_date=fields.Datetime.now())

    def action_pass_to_accounting(self):
        """Put requests into the hands of accounting. Nobody is notified: accounting
        finds them in its list."""
        self.check_access("write")
        for request in self.sudo():
            request._check_state(*OPEN_STATES)
            request.write({"team": "accounting", "responsible_id": False})

    def _withdraw(self):
        """The customer takes a request back, while nobody has started on it.

        :raise UserError: somebody has started, or it is closed
        """
        for request in self:
            request._lock()
            request._check_state("sent")
            request._set_state(
                "withdrawn", closing_date=fields.Datetime.now(), is_unread=False
            )
            request._send_withdrawal_mail()

    def _set_state(self, state, **values):
        """Change the state, and remember that the customer has not seen it yet."""
        self.ensure_one()
        by_people = not self.env.user.share
        try:
            self.write(
                {
                    "is_unread": by_people and state != "sent",
                    **values,
                    "state": state,
                }
            )
            self.flush_recordset()
        except UniqueViolation as error:
            raise ConcurrencyError(str(error)) from error

    def _check_state(self, *states):
        """:raise UserError: the request is in none of these states"""
        self.ensure_one()
        if self.state not in states:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "Request %(request)s is “%(state)s”, so this cannot be done any"
                    " more. Reload the page to see it as it is.",
                    request=self.name,
                    state=labels[self.state],
                )
            )

    def _check_can_be_sent(self):
        """:raise UserError: see ``action_send``"""
        self.ensure_one()
        self.invoice_id._skydrop_check_can_be_changed()
        other = self.invoice_id._skydrop_get_open_request()
        if other:
            raise UserError(
                self.env._(
                    "Request %(request)s is already open for invoice %(invoice)s.",
                    request=other.name,
                    invoice=self.invoice_id.name,
                )
            )
        self.part_ids._check_parts()

    def _lock(self):
        """Wait for the rows; what was changed meanwhile ends in a serialization error,
        which Odoo retries."""
        self.flush_recordset()
        self.env.cr.execute(
            "SELECT id FROM skydrop_change_request WHERE id IN %s ORDER BY id"
            " FOR UPDATE",
            [tuple(self.ids)],
        )

    def _check_accountant(self):
        """:raise AccessError: the user is no accountant"""
        if not self.env.su and not self.env.user.has_group(
            "skydrop_facturacion.group_accountant"
        ):
            raise AccessError(
                self.env._(
                    "Only accounting can do this. Use “Pass to accounting” instead."
                )
            )
