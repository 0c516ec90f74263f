import json
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.text import clean_line

_logger = logging.getLogger(__name__)

SCHEMA = "skydrop.change.request/1"


class SkydropChangeRequest(models.Model):
    """What the mail of a request says and carries: for people, and for programs."""

    _inherit = "skydrop.change.request"

    # ------------------------------------------------------------------
    # What the mail says
    # ------------------------------------------------------------------

    def _get_mail_rows(self):
        """What is asked, for people: the same rows in the mail and on the pages.

        :return: label, old value (or an empty string) and new value of each row
        :rtype: list[tuple[str, str, str]]
        """
        rows = [
            (line._get_field_label(), line.old_label, line.new_label)
            for line in self.line_ids
        ]
        if self.request_type == "split":
            rows += [
                (
                    self.env._("Part %s", number),
                    part._get_receiver_label(),
                    part._get_amount_label(),
                )
                for number, part in enumerate(self.part_ids, 1)
            ]
        return rows

    def _get_url(self):
        """:return: the address of the request in Odoo, for the people of the desk"""
        return f"{self.get_base_url()}/odoo/skydrop-requests/{self.id}"

    def _get_legal_name(self):
        invoice = self.sudo().invoice_id
        return invoice.skydrop_legal_name or invoice.partner_id.name

    def _get_date_label(self):
        """:return: the date of the invoice as the customer's pages show it"""
        return format_date(self.env, self.sudo().invoice_id.invoice_date)

    def _get_total_label(self):
        """:return: the total of the invoice, with the code of a foreign currency"""
        invoice = self.sudo().invoice_id
        return invoice.currency_id._skydrop_format(
            invoice.amount_total, invoice.company_id
        )

    def _get_selection_label(self, field_name):
        """:return: the label of a selection's value in the context's language"""
        labels = self._fields[field_name]._description_selection(self.env)
        return dict(labels).get(self[field_name], "")

    def _render_plain_text(self, text):
        """:return: the mail without HTML, as people write mails
        :rtype: str
        """
        invoice = self.sudo().invoice_id
        lines = [f"{self.name} · {self._get_selection_label('request_type')}", ""]
        if text:
            return "\n".join([lines[0], "", text, "", self._get_url()])
        facts = [
            (self.env._("Invoice"), invoice.name),
            (self.env._("Date"), self._get_date_label()),
            (self.env._("Total"), self._get_total_label()),
            (self.env._("Receiver"), self._get_legal_name()),
            (self.env._("RFC"), invoice.skydrop_rfc or ""),
            (self.env._("Customer"), self.partner_id.display_name),
            (self.env._("Asked by"), self.user_id.name),
            (self.env._("E-mail"), self.user_id.email or ""),
            (self.env._("SAT motive"), self._get_selection_label("reason")),
        ]
        lines += [f"{label}: {clean_line(value)}" for label, value in facts]
        rows = self._get_mail_rows()
        if rows:
            lines += ["", self.env._("What is asked:")]
            lines += [
                f"- {label}: {clean_line(old)} -> {clean_line(new)}"
                for label, old, new in rows
            ]
        if self.description:
            lines += ["", self.env._("The customer writes:"), self.description]
        lines += ["", self._get_url()]
        return "\n".join(lines)

    # ------------------------------------------------------------------
    # Attachments
    # ------------------------------------------------------------------

    @api.model
    def _try_invoice_pdf(self, invoice):
        """Have the PDF of an invoice made, which may take long. If that cannot be done
        just now, the request goes without."""
        try:
            invoice._skydrop_ensure_pdf()
        except (UserError, OSError):
            _logger.exception("The PDF of %s could not be made", invoice.name)

    def _keep_invoice_pdf(self):
        """Keep the invoice's PDF with the request, where support can read it."""
        invoice = self.sudo().invoice_id
        if self.invoice_pdf_id:
            return
        pdf = invoice.invoice_pdf_report_id
        if pdf:
            self.invoice_pdf_id = self.env["ir.attachment"].create(
                {
                    "name": pdf.name,
                    "raw": pdf.raw,
                    "mimetype": pdf.mimetype,
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )

    def _make_missing_pdf(self, message):
        """Try the PDF once more, for the mail that is about to leave.

        :param mail.message message: of the mail
        :return: the attachment; empty if it still cannot be made
        :rtype: ir.attachment
        """
        self._try_invoice_pdf(self.invoice_id)
        self._keep_invoice_pdf()
        return self.invoice_pdf_id.copy(
            {"res_model": "mail.message", "res_id": message.id}
        )

    def _prepare_mail_attachments(self):
        """The invoice's PDF, the data for programs, and what the customer attached as
        far as one mail can carry it; the rest is on the request's page.

        :return: values of ``ir.attachment``
        :rtype: list[dict]
        """
        data = json.dumps(self._prepare_json(), ensure_ascii=False, indent=2)
        attachments = [
            {
                "name": "solicitud.json",
                "raw": data.encode(),
                "mimetype": "application/json",
            }
        ]
        Mail, Server = self.env["mail.mail"], self.env["ir.mail_server"]
        limit = Server.sudo()._get_max_email_size() * 1024 * 1024
        sizes = [len(data)]
        for attachment in self.invoice_pdf_id + self.attachment_ids:
            body_size = len(self.description or "") * 4
            size = Mail._estimate_email_size(
                {}, "x" * body_size, [*sizes, attachment.file_size]
            )
            if size <= limit:
                sizes.append(attachment.file_size)
                attachments.append(
                    {
                        # A line break in it, and the mail would never leave.
                        "name": clean_line(attachment.name),
                        "raw": attachment.raw,
                        "mimetype": attachment.mimetype,
                    }
                )
        return attachments

    def _prepare_json(self):
        """The request for programs, schema ``skydrop.change.request/1``; described in
        the addon's ``readme/SOLICITUD_JSON.md``.

        :rtype: dict
        """
        invoice = self.sudo().invoice_id
        return {
            "schema": SCHEMA,
            "request": self.name,
            "type": self.request_type,
            "reason": self.reason,
            "sent": fields.Datetime.to_string(self.sent_date),
            "description": self.description or "",
            "url": self._get_url(),
            "customer": {
                "id": self.partner_id.id,
                "name": self.partner_id.name,
                "user": self.user_id.name,
                "email": self.user_id.email or "",
            },
            "invoice": {
                "id": invoice.id,
                "number": invoice.name,
                "date": fields.Date.to_string(invoice.invoice_date),
                "total": f"{invoice.amount_total:.2f}",
                "currency": invoice.currency_id.name,
                "receiver": invoice._skydrop_invoice_fiscal_values(),
            },
            "changes": [
                {
                    "field": line.field,
                    "old": line.old_value or "",
                    "new": line.new_value or "",
                }
                for line in self.line_ids
            ],
            "parts": [part._prepare_json() for part in self.part_ids],
            "attachments": [
                {
                    "name": attachment.name,
                    "mimetype": attachment.mimetype,
                    "size": attachment.file_size,
                    "sha1": attachment.checksum,
                }
                for attachment in self.attachment_ids
            ],
        }
