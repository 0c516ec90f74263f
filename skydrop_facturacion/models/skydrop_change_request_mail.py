import uuid

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, formataddr, plaintext2html

from ..tools.text import clean_line, clean_text

MAX_MESSAGES_A_DAY = 20


class SkydropChangeRequest(models.Model):
    """How a request reaches the support desk, where a ticket is opened from it: mails
    that look like the customer's own (design, "Mail")."""

    _inherit = "skydrop.change.request"

    mail_ids = fields.One2many(
        comodel_name="mail.mail",
        inverse_name="skydrop_change_request_id",
        string="Mails",
        groups="base.group_system",
    )
    mail_failure = fields.Text(
        string="Why It Was Not Sent", compute="_compute_mail_failure", compute_sudo=True
    )

    def _compute_mail_failure(self):
        for request in self:
            failed = request.mail_ids.filtered(lambda mail: mail.state == "exception")
            request.mail_failure = failed[:1].failure_reason

    # ------------------------------------------------------------------
    # Nobody is notified
    # ------------------------------------------------------------------

    def message_post(self, **kwargs):
        # Who writes does not follow from then on.
        return super(
            SkydropChangeRequest,
            self.with_context(mail_post_autofollow_author_skip=True),
        ).message_post(**kwargs)

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        return []

    def _message_add_suggested_recipients(self, force_primary_email=False):
        # An answer stands on the customer's page; whoever wants to mail it says so.
        return {
            request.id: {"email_to_lst": [], "partners": self.env["res.partner"]}
            for request in self
        }

    def _message_post_after_hook(self, message, msg_vals):
        self._mark_answered(message)
        return super()._message_post_after_hook(message, msg_vals)

    def _mark_answered(self, message):
        """The customer shall see that somebody else wrote."""
        by_customer = (
            message.author_id.commercial_partner_id == self.sudo().partner_id
            and message.author_id
        )
        if message in self._get_customer_messages() and not by_customer:
            self.sudo().is_unread = True

    def _get_customer_messages(self):
        """:return: what the customer and people wrote to each other, oldest first
        :rtype: mail.message
        """
        comment = self.env.ref("mail.mt_comment")
        return (
            self.sudo()
            .message_ids.filtered(
                lambda message: (
                    message.message_type in ("comment", "email")
                    and message.subtype_id == comment
                    and not message.is_internal
                )
            )
            .sorted("id")
        )

    # ------------------------------------------------------------------
    # Mails
    # ------------------------------------------------------------------

    def _send_request_mail(self):
        """Queue the mail of the request, with all the desk needs.

        :rtype: mail.mail
        """
        self.ensure_one()
        if not self.env.context.get("skydrop_pdf_tried"):
            self._try_invoice_pdf(self.sudo().invoice_id)
        self._keep_invoice_pdf()
        return self._queue_mail(
            self.env.ref(
                f"skydrop_facturacion.mail_template_request_{self.request_type}"
            ),
            attachments=self._prepare_mail_attachments(),
        )

    def _send_withdrawal_mail(self):
        """Tell the desk, in the same thread, that the request is withdrawn."""
        in_spanish = self.with_context(lang=self._get_mail_lang()).env
        return self._queue_follow_up(
            in_spanish._("The customer withdraws this request: nothing is to be done.")
        )

    def _post_message(self, user, text):
        """A message of the customer: kept in the request and mailed to the desk.

        :param res.users user: who writes
        :param str text: plain text
        :raise UserError: there is nothing in it, or too many were written today
        """
        self.ensure_one()
        text = clean_text(text)
        if not text:
            raise UserError(self.env._("Write your message first."))
        written = self._get_customer_messages().filtered(
            lambda message: message.date.date() == fields.Date.today()
        )
        if len(written) >= MAX_MESSAGES_A_DAY:
            raise UserError(
                self.env._("You have written often enough today. Go on tomorrow.")
            )
        self.message_post(
            body=plaintext2html(text),
            author_id=user.partner_id.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        return self._queue_follow_up(text)

    def _queue_follow_up(self, text):
        template = self.env.ref("skydrop_facturacion.mail_template_request_message")
        return self._queue_mail(template, text=text)

    def action_resend(self):
        """Send once more: a mail that failed is tried again as it is; after a success,
        a new mail follows in the same thread."""
        self.check_access("write")
        for request in self.sudo():
            if request.state == "draft":
                raise UserError(
                    self.env._("Request %s was not sent yet.", request.name)
                )
            failed = request.mail_ids.filtered(lambda mail: mail.state == "exception")
            if failed:
                failed._skydrop_retry()
            elif request.mail_state == "sent":
                request._send_request_mail()

    def _queue_mail(self, template, text="", attachments=()):
        """Queue a mail to the support desk.

        :param mail.template template: what it says
        :param str text: plain text of a follow-up
        :param list attachments: values of ``ir.attachment``
        :return: the queued mail; with no address to send from or to, it is marked as
            failed and waits for one
        :rtype: mail.mail
        """
        self.ensure_one()
        template = template.sudo()
        request = self.with_context(
            lang=self._get_mail_lang(), skydrop_mail_text=text, default_type=None
        )
        values = {
            **request._prepare_mail_addresses(),
            **request._prepare_mail_thread(),
            "subject": request._get_mail_subject(template),
            # Not the customer: Odoo would notify the author of each answer.
            "author_id": False,
            "skydrop_change_request_id": self.id,
            "skydrop_plain_text": request._render_plain_text(text),
            "auto_delete": False,
        }
        mail_id = template.with_env(request.env).send_mail(
            self.id, email_values={**values, "attachment_ids": []}
        )
        mail = self.env["mail.mail"].sudo().browse(mail_id)
        # Without one, Odoo would take the user's: never the customer as the sender.
        mail.email_from = values["email_from"]
        mail.attachment_ids = self.env["ir.attachment"].create(
            [
                {**one, "res_model": "mail.message", "res_id": mail.mail_message_id.id}
                for one in attachments
            ]
        )
        mail._skydrop_mark_queued()
        return mail

    def _prepare_mail_addresses(self):
        company = self.company_id
        sender = company._skydrop_get_request_sender()
        customer = email_normalize(self.user_id.email)
        return {
            "email_from": sender
            and formataddr((clean_line(company.name), sender), charset="utf-8"),
            "email_to": email_normalize(company.skydrop_support_email) or "",
            "recipient_ids": [],
            "reply_to": formataddr((clean_line(self.user_id.name), customer))
            if customer
            else sender,
        }

    def _prepare_mail_thread(self):
        """The first mail begins the thread, the others follow it."""
        domain = email_normalize(self.company_id._skydrop_get_request_sender() or "")
        domain = domain and domain.partition("@")[2] or "skydrop.invalid"
        values = {"message_id": f"<{uuid.uuid4()}.{self.id}@{domain}>"}
        sent = self.mail_ids.sorted("id")
        if sent:
            references = list(dict.fromkeys((sent[0].message_id, sent[-1].message_id)))
            values["references"] = " ".join(references)
            values["headers"] = repr({"In-Reply-To": sent[0].message_id})
        return values

    def _get_mail_subject(self, template):
        """Return one line; a single line break in it, and Odoo would never send the
        mail"""
        subject = template._render_field("subject", self.ids, compute_lang=True)
        return clean_line(subject[self.id])

    def _get_mail_lang(self):
        """:return: the Spanish that is active, Mexico's if there is a choice"""
        codes = [code for code, _name in self.env["res.lang"].get_installed()]
        spanish = [code for code in codes if code.startswith("es")]
        return "es_MX" if "es_MX" in spanish else (spanish or codes)[0]
