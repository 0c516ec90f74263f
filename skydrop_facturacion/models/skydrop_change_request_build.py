from odoo import Command, api, models
from odoo.tools import format_list, html2plaintext, plaintext2html

from ..exceptions import BillingError
from ..tools.text import clean_line, clean_text
from .account_move import FROZEN_FIELDS


class SkydropChangeRequest(models.Model):
    """From what a customer filled in to a request. Callers have checked whose the
    invoice is; whatever else is wrong is refused here."""

    _inherit = "skydrop.change.request"

    # ------------------------------------------------------------------
    # Edit
    # ------------------------------------------------------------------

    @api.model
    def _get_current_values(self, invoice):
        """What a customer can have changed on an invoice.

        :return: the fiscal values (see ``res.partner._skydrop_receiver_values``),
            ``payment_form`` and ``note``
        :rtype: dict[str, str]
        """
        return {
            **invoice._skydrop_invoice_fiscal_values(),
            "payment_form": invoice.skydrop_payment_form or "",
            "note": html2plaintext(invoice.narration or "").strip(),
        }

    @api.model
    def _get_wanted_values(self, invoice, receiver, typed):
        """What an edited invoice would carry: another receiver brings its own data, and
        what the customer changed in the form goes before.

        :param res.partner receiver: one of the customer's receivers
        :param dict typed: keys of ``_get_current_values``; a missing one is unchanged
        :return: the values, and the company suffix that was taken off the legal name
            (empty if none was)
        :rtype: tuple[dict[str, str], str]
        """
        current = self._get_current_values(invoice)
        wanted = dict(current)
        if receiver != invoice.partner_id:
            wanted.update(receiver._skydrop_receiver_values())
        changed = {}
        for key, value in typed.items():
            value = clean_text(value) if key == "note" else clean_line(value)
            if key in current and value != current[key]:
                changed[key] = value
        wanted.update(changed)
        # As it stands on the invoice, a name is left as it is.
        tidy, suffix = receiver._skydrop_tidy_receiver_values(wanted)
        wanted.update((key, tidy[key]) for key in changed if key in tidy)
        return wanted, suffix if "legal_name" in changed else ""

    @api.model
    def _get_edit_issues(self, invoice, receiver, wanted, deposits, confirmed_rfc=""):
        """Judge an edit by the rules of the preview. The RFCs of the invoice and of the
        receiver have had their check digit confirmed.

        :param str confirmed_rfc: RFC whose check digit the customer says is right
        :return: ``(field, code, message)`` of each issue, none if all is well
        :rtype: list[tuple[str, str, str]]
        """
        fiscal = {key: wanted[key] for key in FROZEN_FIELDS}
        known = (
            invoice._skydrop_invoice_fiscal_values()["rfc"],
            receiver._skydrop_receiver_values()["rfc"],
        )
        if fiscal["rfc"] in known:
            confirmed_rfc = fiscal["rfc"]
        issues = receiver._skydrop_check_typed_values(fiscal, confirmed_rfc)
        if not deposits:
            message = self.env._("Keep at least one deposit on the invoice.")
            issues.append(("deposits", "empty", message))
        elif wanted["payment_form"] not in {
            *deposits.mapped("payment_form"),
            invoice.skydrop_payment_form,
        }:
            message = self.env._("Choose the form of payment of one of the deposits.")
            issues.append(("payment_form", "unfit", message))
        return issues

    @api.model
    def _create_modify(
        self, invoice, receiver, typed, deposits, confirmed_rfc="", **values
    ):
        """Ask for an edit; only real differences are kept.

        :param account.move invoice: one of the customer's invoices
        :param res.partner receiver: one of the customer's receivers
        :param dict typed: see ``_get_wanted_values``
        :param skydrop.deposit deposits: those to keep on the invoice
        :param str confirmed_rfc: RFC whose check digit the customer says is right
        :param values: further values of the request
        :return: the request, sent; one that is open already stays the only one
        :rtype: skydrop.change.request
        :raise BillingError: see ``_check_edit``
        """
        wanted, _suffix = self._get_wanted_values(invoice, receiver, typed)
        lines = self._check_edit(invoice, receiver, wanted, deposits, confirmed_rfc)
        claims = invoice._skydrop_get_claims()
        kept = {deposit.id: claims[deposit.id] for deposit in deposits}
        return self._create_and_send(
            invoice,
            {
                "request_type": "modify",
                "reason": "01",
                "line_ids": [Command.create(line) for line in lines],
                "part_ids": [Command.create(self._prepare_part(1, receiver, kept))],
                **values,
            },
        )

    @api.model
    def _check_edit(self, invoice, receiver, wanted, deposits, confirmed_rfc=""):
        """Refuse an edit that is wrong or changes nothing.

        :param dict wanted: see ``_get_wanted_values``
        :return: values of a line for each real difference
        :rtype: list[dict]
        :raise BillingError: all issues, or ``nothing_changed``
        """
        issues = self._get_edit_issues(
            invoice, receiver, wanted, deposits, confirmed_rfc
        )
        if issues:
            field, code, message = issues[0]
            raise BillingError(code, message, field=field, issues=issues)
        lines = self._prepare_lines(invoice, receiver, wanted, deposits)
        if not lines:
            raise BillingError(
                "nothing_changed",
                self.env._(
                    "Nothing is different from the invoice, so nothing was sent. Change"
                    " what is wrong."
                ),
            )
        return lines

    @api.model
    def _prepare_lines(self, invoice, receiver, wanted, deposits):
        """:return: values of a line for each real difference
        :rtype: list[dict]
        """
        lines = []
        if receiver != invoice.partner_id:
            lines.append(("receiver", invoice.partner_id.name, receiver.name))
        current = self._get_current_values(invoice)
        # Addons may know more of a receiver than a line can tell.
        told = self.env["skydrop.change.request.line"]._fields["field"]
        told = told.get_values(self.env)
        lines += [
            (key, current[key], wanted[key])
            for key in wanted
            if key in told and wanted[key] != current[key]
        ]
        if deposits != invoice.skydrop_deposit_ids & deposits or (
            len(deposits) != len(invoice.skydrop_deposit_ids)
        ):
            lines.append(
                (
                    "deposits",
                    self._get_references(invoice.skydrop_deposit_ids),
                    self._get_references(deposits),
                )
            )
        return [
            {"field": field, "old_value": old, "new_value": new}
            for field, old, new in lines
        ]

    @api.model
    def _get_references(self, deposits):
        return format_list(
            self.env,
            [deposit.reference or deposit.name for deposit in deposits.sorted("id")],
        )

    # ------------------------------------------------------------------
    # Cancel
    # ------------------------------------------------------------------

    @api.model
    def _create_cancel(self, invoice, reason, **values):
        """Ask for a cancellation.

        :param str reason: ``02`` or ``03``; the other motives are not the customer's
        :rtype: skydrop.change.request
        :raise BillingError: no such motive
        """
        if reason not in ("02", "03"):
            raise BillingError(
                "reason",
                self.env._("Say why the invoice shall be cancelled."),
                field="reason",
            )
        return self._create_and_send(
            invoice, {"request_type": "cancel", "reason": reason, **values}
        )

    # ------------------------------------------------------------------
    # All of them
    # ------------------------------------------------------------------

    @api.model
    def _prepare_part(self, number, receiver, amounts):
        """:param dict amounts: amount of each deposit, taxes included, by its id
        :return: values of a part
        :rtype: dict
        """
        return {
            "sequence": number,
            "receiver_id": receiver.id,
            "amount": round(sum(amounts.values()), 2),
            "deposit_ids": [Command.set(list(amounts))],
            "deposit_amounts": {
                str(deposit_id): amount for deposit_id, amount in amounts.items()
            },
        }

    @api.model
    def _create_and_send(self, invoice, values):
        """Record a request and send it; a second one for the same invoice is not made.

        :return: the new request, or the one that is open
        :rtype: skydrop.change.request
        :raise BillingError: the invoice cannot be changed, or only by support
        :raise ConcurrencyError: somebody else just sent one; the retry finds it
        """
        # Before anything is locked, since it may take long.
        self._try_invoice_pdf(invoice)
        self = self.with_context(skydrop_pdf_tried=True)
        # A second click waits here, and finds the first one's request in its retry.
        self.env.cr.execute(
            "SELECT id FROM account_move WHERE id = %s FOR UPDATE", [invoice.id]
        )
        existing = invoice._skydrop_get_open_request()
        if existing:
            return existing
        invoice._skydrop_check_can_be_changed()
        if invoice._skydrop_get_consequence() == "support":
            raise BillingError(
                "support_only",
                self.env._(
                    "Invoice %s can no longer be changed from here. Write to support.",
                    invoice.name,
                ),
            )
        attachments = values.pop("attachments", [])
        values["description"] = clean_text(values.get("description"))
        request = self.create({**values, "invoice_id": invoice.id})
        request.attachment_ids = self.env["ir.attachment"].create(
            [
                {**one, "res_model": self._name, "res_id": request.id}
                for one in attachments
            ]
        )
        request.action_send()
        return request

    def _get_note_html(self):
        """Return the note that an edit asks for, as the invoice stores it; None if it
        does not change"""
        line = self.line_ids.filtered(lambda line: line.field == "note")
        return plaintext2html(line.new_value or "") if line else None
