from odoo import models
from odoo.tools import email_normalize, formataddr, plaintext2html

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..tools.text import clean_line


class ResCompany(models.Model):
    """A test message to the support desk, made like the mail of a request."""

    _inherit = "res.company"

    def _skydrop_send_test_mail(self):
        """Send a test message right away.

        :return: why it was not sent, or False if the mail server took it
        :rtype: str | bool
        """
        self.ensure_one()
        sender = self._skydrop_get_request_sender()
        support = email_normalize(self.skydrop_support_email)
        if not sender or not support:
            return self.env._("the sender or the support address is missing.")
        text = self.env._(
            "This is a test of %s: if you read it in a ticket, requests of customers"
            " will reach you too.",
            self.name,
        )
        mail = (
            self.env["mail.mail"]
            .sudo()
            .create(
                {
                    "subject": clean_line(self.env._("Test message of %s", self.name)),
                    "body_html": plaintext2html(text),
                    "skydrop_plain_text": text,
                    "email_from": formataddr((clean_line(self.name), sender)),
                    "email_to": support,
                    "reply_to": self.env.user.email_formatted or sender,
                    "author_id": False,
                    "auto_delete": False,
                }
            )
        )
        try:
            mail.send(raise_exception=True)
        except MailDeliveryException as error:
            return str(error)
        return mail.state != "sent" and (mail.failure_reason or mail.state)
