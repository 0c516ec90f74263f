from odoo import models
from odoo.exceptions import UserError

from .account_move import FROZEN_FIELDS


class SkydropChangeRequest(models.Model):
    """What accounting does with a request: the invoices that it prepares (design,
    "Replacement") and Odoo's own dialogs. Nothing is posted, nothing cancelled, nobody
    told: a person goes on from there."""

    _inherit = "skydrop.change.request"

    def action_prepare_replacement(self):
        """Draft one invoice per part, with the corrected data.

        :return: the action that opens the drafts
        :raise AccessError: the user is no accountant
        :raise UserError: the request is closed or asks for a cancellation, or the
            invoice is not in force
        """
        self.ensure_one()
        self.check_access("write")
        self._check_accountant()
        self._lock()
        self._check_state("sent", "in_progress")
        if self.request_type == "cancel":
            raise UserError(
                self.env._(
                    "%s asks for a cancellation: nothing replaces the invoice.",
                    self.name,
                )
            )
        if self.state == "sent":
            self.action_start()
        self.invoice_id._skydrop_create_replacements(self._prepare_replacements())
        return self.action_open_replacements()

    def _prepare_replacements(self):
        """:return: the parts, as ``account.move._skydrop_create_replacements`` takes
            them
        :rtype: list[dict]
        """
        parts = [
            {
                "amounts": part._get_deposit_amounts(),
                "receiver": self._get_replacement_receiver(part.receiver_id),
                "values": self._prepare_replacement_values(),
            }
            for part in self.part_ids
        ]
        # People may ask for an edit without saying which: all is as it was.
        return parts or [{"values": self._prepare_replacement_values()}]

    def _prepare_replacement_values(self):
        """:return: values of ``account.move`` that the request changes
        :rtype: dict
        """
        values = {"skydrop_change_request_id": self.id}
        changes = self._get_changes()
        if not changes:
            return values
        # The receiver's data as asked for, also where its record says otherwise.
        wanted = {**self._get_current_values(self.invoice_id), **changes}
        if changes.keys() & {*FROZEN_FIELDS, "receiver"}:
            values.update({field: wanted[key] for key, field in FROZEN_FIELDS.items()})
        if "payment_form" in changes:
            values["skydrop_payment_form"] = changes["payment_form"]
        if "note" in changes:
            values["narration"] = self._get_note_html()
        return values

    def _get_changes(self):
        """:return: new value by field"""
        return {line.field: line.new_value or "" for line in self.line_ids}

    def _get_replacement_receiver(self, receiver):
        """An RFC is one receiver: with another RFC, it is another one, made if the
        customer has none.

        :param res.partner receiver: of the part
        :rtype: res.partner
        """
        rfc = self._get_changes().get("rfc")
        if not rfc or (receiver.vat or "").upper() == rfc:
            return receiver
        receivers = self.partner_id._skydrop_get_receivers()
        fit = receivers.filtered(lambda partner: (partner.vat or "").upper() == rfc)
        if fit:
            return fit[0]
        wanted = {**self._get_current_values(self.invoice_id), **self._get_changes()}
        customer = self.partner_id.sudo()
        new = customer.create(customer._skydrop_prepare_receiver(wanted))
        return new.sudo(False)

    # ------------------------------------------------------------------
    # Odoo's own dialogs, opened on the invoice
    # ------------------------------------------------------------------

    def action_open_invoice(self):
        """:return: the form of the invoice, with the buttons to reset or cancel it"""
        self.ensure_one()
        self._check_accountant()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.invoice_id.id,
            "views": [[False, "form"]],
        }

    def action_open_reversal(self):
        """:return: Odoo's dialog of credit notes, opened on the invoice"""
        self.ensure_one()
        self._check_accountant()
        action = self.invoice_id.action_reverse()
        action["context"] = {
            "active_model": "account.move",
            "active_ids": self.invoice_id.ids,
            "active_id": self.invoice_id.id,
        }
        return action

    def action_open_replacements(self):
        """:return: the invoice that replaces this one, or the list of them"""
        self.ensure_one()
        self._check_accountant()
        replacements = self.sudo().replacement_ids
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Replacements of %s", self.invoice_name),
            "res_model": "account.move",
            "context": {"create": False, "default_move_type": "out_invoice"},
        }
        if len(replacements) == 1:
            return {**action, "res_id": replacements.id, "views": [[False, "form"]]}
        return {
            **action,
            "domain": [("id", "in", replacements.ids)],
            "views": [[False, "list"], [False, "form"]],
        }
