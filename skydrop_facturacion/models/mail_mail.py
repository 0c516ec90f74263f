import smtplib
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize, formataddr

from ..tools.text import clean_line

# Minutes until a mail is tried again, by the number of failures; the last one stays.
RETRY_MINUTES = (5, 15, 60, 240, 720, 1440)
# Of a mail to an address of a customer's choice, which may be wrong for ever.
MAX_TRIES = len(RETRY_MINUTES)
WINDOW = timedelta(minutes=10)


class MailMail(models.Model):
    """Mails of requests: they are tried again until they are through, and never flood
    the desk. Mails of invoices and of failed rules are tried for about two days."""

    _inherit = "mail.mail"

    skydrop_change_request_id = fields.Many2one(
        comodel_name="skydrop.change.request",
        string="Change Request",
        index="btree_not_null",
        ondelete="set null",
    )
    skydrop_is_retried = fields.Boolean(
        string="Tried Again", help="A mail of this addon that is not of a request."
    )
    skydrop_plain_text = fields.Text(string="Plain Text")
    skydrop_failures = fields.Integer(string="Failures")
    skydrop_retry_date = fields.Datetime(string="Next Try")
    skydrop_sent_date = fields.Datetime(string="Handed Over")

    # ------------------------------------------------------------------
    # Odoo's way of sending
    # ------------------------------------------------------------------

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        results = super()._prepare_outgoing_list(mail_server, doc_to_followers)
        if self.skydrop_plain_text:
            for result in results:
                result["body_alternative"] = self.skydrop_plain_text
        return results

    def send(self, auto_commit=False, raise_exception=False, post_send_callback=None):
        mails = self - self._skydrop_postpone()
        mails -= mails._skydrop_add_missing_pdfs()
        try:
            return super(MailMail, mails).send(
                auto_commit=auto_commit,
                raise_exception=raise_exception,
                post_send_callback=post_send_callback,
            )
        except smtplib.SMTPServerDisconnected:
            mails._skydrop_after_hang_up()
            raise

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        self._skydrop_filter_retried()._skydrop_after_try()
        return super()._postprocess_sent_message(
            success_pids,
            success_emails,
            failure_reason=failure_reason,
            failure_type=failure_type,
        )

    # ------------------------------------------------------------------
    # Delivery
    # ------------------------------------------------------------------

    def _skydrop_add_missing_pdfs(self):
        """Mails of new requests for which no PDF of the invoice could be made at once
        get it now, before anything is sent.

        :return: mails whose PDF somebody else stores at this moment; they leave with
            the next run of the queue
        """
        busy = self.browse()
        for mail in self.sudo().filtered(lambda mail: mail.state == "outgoing"):
            request = mail.skydrop_change_request_id
            if request and not request.invoice_pdf_id and mail.attachment_ids:
                try:
                    pdf = request._make_missing_pdf(mail.mail_message_id)
                except OperationalError:
                    busy |= mail
                else:
                    mail.attachment_ids += pdf
        if busy:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        return busy

    def _skydrop_filter_retried(self):
        return self.filtered(
            lambda mail: mail.skydrop_change_request_id or mail.skydrop_is_retried
        )

    def _skydrop_after_hang_up(self):
        """The SMTP server broke off in the middle, on which Odoo gives up the batch
        without a word about the mail that it was at: note that it failed, and have the
        rest tried soon."""
        self.invalidate_recordset(["state"])
        exists = self.exists()
        exists._skydrop_filter_retried().filtered(
            lambda mail: mail.state == "exception" and not mail.skydrop_retry_date
        )._skydrop_after_try()
        if "outgoing" in exists.mapped("state"):
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger(
                fields.Datetime.now() + timedelta(minutes=RETRY_MINUTES[0])
            )

    def _skydrop_mark_queued(self):
        """Let the queue send the mails; one without a sender waits for its company to
        have one."""
        for mail in self:
            if not mail.email_from:
                mail.write(
                    {
                        "state": "exception",
                        "failure_type": "mail_from_missing",
                        "failure_reason": self.env._(
                            "There is no address to send from: set one in Settings."
                        ),
                    }
                )
                mail._skydrop_after_try()
        self._skydrop_update_requests()
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _skydrop_after_try(self):
        """Write down what became of mails that were just tried."""
        now = fields.Datetime.now()
        for mail in self:
            if mail.state == "sent":
                mail.write({"skydrop_sent_date": now, "skydrop_retry_date": False})
            elif mail.state == "exception":
                step = min(mail.skydrop_failures, len(RETRY_MINUTES) - 1)
                retry_date = now + timedelta(minutes=RETRY_MINUTES[step])
                mail.write(
                    {
                        "skydrop_failures": mail.skydrop_failures + 1,
                        "skydrop_retry_date": retry_date,
                    }
                )
                self.env.ref("skydrop_facturacion.ir_cron_retry_mails")._trigger(
                    retry_date
                )
        self._skydrop_update_requests()

    def _skydrop_update_requests(self):
        """Tell the requests how their mails are: one that failed is not hidden by the
        others."""
        for request in self.skydrop_change_request_id.sudo():
            states = set(request.mail_ids.mapped("state"))
            if "exception" in states:
                request.mail_state = "failed"
            elif "outgoing" in states:
                request.mail_state = "outgoing"
            elif states:
                request.mail_state = "sent"

    def _skydrop_retry(self):
        """Send failed mails again: the very same ones, those of requests to and from
        the addresses that are right by now."""
        for mail in self.filtered("skydrop_change_request_id"):
            company = mail.skydrop_change_request_id.company_id
            sender = company._skydrop_get_request_sender()
            mail.email_to = email_normalize(company.skydrop_support_email) or ""
            mail.email_from = sender and formataddr((clean_line(company.name), sender))
            mail.reply_to = mail.reply_to or sender
        self.mark_outgoing()
        self._skydrop_mark_queued()

    @api.model
    def _cron_retry_request_mails(self):
        """Send again the mails that failed, when it is time."""
        is_limited = Domain("skydrop_is_retried", "=", True)
        is_due = Domain("skydrop_retry_date", "=", False) | Domain(
            "skydrop_retry_date", "<=", fields.Datetime.now()
        )
        self.search(
            Domain("state", "=", "exception")
            & is_due
            & (
                Domain("skydrop_change_request_id", "!=", False)
                | (is_limited & Domain("skydrop_failures", "<", MAX_TRIES))
            )
        )._skydrop_retry()

    # ------------------------------------------------------------------
    # No floods
    # ------------------------------------------------------------------

    def _skydrop_postpone(self):
        """Give mails beyond the company's limit a later time.

        :return: the mails that are not to be sent now
        :rtype: mail.mail
        """
        mails = self.sudo().filtered(
            lambda mail: mail.skydrop_change_request_id and mail.state == "outgoing"
        )
        postponed = self.browse()
        for company, own in mails.grouped(
            lambda mail: mail.skydrop_change_request_id.company_id
        ).items():
            postponed += own.sorted("id")._skydrop_postpone_for(company)
        return postponed

    def _skydrop_postpone_for(self, company):
        now = fields.Datetime.now()
        limit = max(company.skydrop_mail_limit, 1)
        recent = self.search(
            [
                ("skydrop_change_request_id.company_id", "=", company.id),
                ("skydrop_sent_date", ">", now - WINDOW),
            ],
            order="skydrop_sent_date",
        )
        times = recent.mapped("skydrop_sent_date")
        postponed = self.browse()
        for mail in self:
            # With the limit-th last one, ten minutes ago, there is room for one more.
            free_at = times[-limit] + WINDOW if len(times) >= limit else now
            if free_at > now:
                mail.scheduled_date = free_at
                postponed += mail
            times.append(max(free_at, now))
        for moment in set(postponed.mapped("scheduled_date")):
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger(
                fields.Datetime.to_datetime(moment) + timedelta(seconds=1)
            )
        return postponed
