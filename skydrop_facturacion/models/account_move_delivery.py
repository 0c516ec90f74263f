from datetime import timedelta

from odoo import fields, models
from odoo.tools import email_normalize

from ..exceptions import BillingError

MAX_MAILS_A_DAY = 5


class AccountMove(models.Model):
    """How a deposit invoice reaches its customer: page, PDF and mail."""

    # A file of its own: with account_move.py it would be two things in one.
    _inherit = "account.move"

    skydrop_last_pdf_id = fields.Many2one(
        comodel_name="ir.attachment",
        string="Last PDF",
        copy=False,
        help="The PDF that the customer knows, kept when the invoice is reset or"
        " cancelled.",
    )

    def _has_to_be_paid(self):
        # The deposits have paid it, whether their payments are in Odoo or not.
        return not self._skydrop_is_deposit_invoice() and super()._has_to_be_paid()

    # ------------------------------------------------------------------
    # Page and PDF
    # ------------------------------------------------------------------

    def _get_name_invoice_report(self):
        if self._skydrop_is_deposit_invoice():
            return "skydrop_facturacion.report_invoice_document"
        return super()._get_name_invoice_report()

    def _get_invoice_legal_documents_all(self, allow_fallback=False):
        self._skydrop_ensure_pdf()
        return super()._get_invoice_legal_documents_all(allow_fallback)

    def _get_invoice_legal_documents(self, filetype, allow_fallback=False):
        if filetype == "pdf":
            self._skydrop_ensure_pdf()
        return super()._get_invoice_legal_documents(filetype, allow_fallback)

    def _detach_attachments(self):
        for move in self.filtered("invoice_pdf_report_id"):
            if move._skydrop_is_deposit_invoice():
                move.skydrop_last_pdf_id = move.invoice_pdf_report_id
        return super()._detach_attachments()

    def _skydrop_ensure_pdf(self):
        """Make and store the PDF of a posted deposit invoice at first need, so that
        everybody downloads the same file from then on.

        No row is locked while it is drawn, which may take long; only to store it, see
        ``account.move.send``. Nothing half-made stays when that fails.

        :raise UserError: it could not be made
        :raise OSError: wkhtmltopdf or the place of the files is gone
        """
        self.ensure_one()
        if (
            self.state != "posted"
            or self.invoice_pdf_report_id
            or not self._skydrop_is_deposit_invoice()
        ):
            return
        with self.env.cr.savepoint():
            self.env["account.move.send"]._generate_and_send_invoices(
                self, sending_methods=[]
            )

    # ------------------------------------------------------------------
    # Mail
    # ------------------------------------------------------------------

    def _skydrop_send_by_email(self, address):
        """Queue a mail with the PDF of the invoice and, once it is stamped, its CFDI.

        :param str address: one address, as somebody typed it
        :return: the queued mail
        :rtype: mail.mail
        :raise BillingError: ``email`` if it is no address, ``too_many`` if the invoice
            was mailed too often today
        """
        self.ensure_one()
        email = email_normalize(address)
        if not email:
            raise BillingError(
                "email",
                self.env._("This is not an e-mail address: %s.", address),
                field="email",
            )
        self._skydrop_check_mail_limit()
        self._skydrop_ensure_pdf()
        template = self.env.ref("skydrop_facturacion.mail_template_invoice")
        mail_id = template.send_mail(
            self.id,
            email_values={
                "email_to": email,
                "recipient_ids": [],
                "attachment_ids": self._skydrop_copy_files_for_mail().ids,
                # Kept, since the limit counts them.
                "auto_delete": False,
                "skydrop_is_retried": True,
            },
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        return self.env["mail.mail"].browse(mail_id)

    def _skydrop_is_mail_waiting(self):
        """:return: whether the last mail of the invoice failed and is tried again
        :rtype: bool
        """
        mail = self.env["mail.mail"].search(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("skydrop_is_retried", "=", True),
            ],
            order="id desc",
            limit=1,
        )
        return mail.state == "exception"

    def _skydrop_check_mail_limit(self):
        """The form must not become a way to flood strangers with mail."""
        yesterday = fields.Datetime.now() - timedelta(days=1)
        sent = self.env["mail.mail"].search_count(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("create_date", ">=", yesterday),
            ]
        )
        if sent >= MAX_MAILS_A_DAY:
            raise BillingError(
                "too_many",
                self.env._("This invoice was mailed often enough today. Try tomorrow."),
            )

    def _skydrop_copy_files_for_mail(self):
        """Return attachments with the bytes of the stored PDF and of the fiscal files;
        the stored ones are the content of fields, which mails cannot carry"""
        pdf = self.invoice_pdf_report_id
        files = [(pdf.name, pdf.mimetype, pdf.raw), *self._skydrop_fiscal_files()]
        return self.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": content,
                    "mimetype": mimetype,
                    "res_model": "mail.message",
                }
                for name, mimetype, content in files
            ]
        )
