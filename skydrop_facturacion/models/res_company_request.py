import re

from odoo import fields, models
from odoo.tools import email_normalize
from odoo.tools.mail import email_domain_extract

CONSEQUENCES = [
    ("cancellation", "The invoice is cancelled"),
    ("credit_note", "A credit note is issued"),
    ("support", "Customers can only write to support"),
]
NO_REPLY = re.compile(r"(no|do-?not|nao|not)[-_.]?(reply|responder|responda)|noresp")


class ResCompany(models.Model):
    """How requests of customers are judged and mailed."""

    _inherit = "res.company"

    skydrop_policy_same_month = fields.Selection(
        selection=CONSEQUENCES,
        string="In the Month of the Invoice",
        default="cancellation",
        required=True,
    )
    skydrop_policy_later = fields.Selection(
        selection=CONSEQUENCES,
        string="In a Later Month",
        default="credit_note",
        required=True,
    )
    skydrop_policy_after_year = fields.Selection(
        selection=CONSEQUENCES,
        string="In a Later Year",
        default="support",
        required=True,
    )
    skydrop_request_sender = fields.Char(
        string="Sender of Requests",
        help="Address that requests are mailed from, one of the company's own; by"
        " default the company's. It is never the support address itself, whose desk"
        " would take the mail for one of its own.",
    )
    skydrop_mail_limit = fields.Integer(
        string="Mails in Ten Minutes",
        default=10,
        required=True,
        help="More requests than that wait, so that the desk does not take them for a"
        " flood.",
    )
    skydrop_ticket_url = fields.Char(
        string="Link of a Ticket",
        help="Address of a ticket in the help desk, with {ticket} for its number.",
    )

    _skydrop_mail_limit_positive = models.Constraint(
        "CHECK (skydrop_mail_limit > 0)",
        "At least one mail in ten minutes has to be allowed.",
    )

    def _skydrop_get_ticket_url(self, ticket_ref):
        """:return: the link to a ticket of the help desk, or False
        :rtype: str | bool
        """
        pattern = self.skydrop_ticket_url or ""
        if not ticket_ref or not pattern.startswith(("https://", "http://")):
            return False
        number = re.sub(r"[^\w.-]", "", ticket_ref)
        return pattern.replace("{ticket}", number)

    def _skydrop_get_request_sender(self):
        """The address that requests are mailed from: the company's own, never that of
        the desk, never one that takes no answer.

        :return: a bare address, or False if the company has none that is fit
        :rtype: str | bool
        """
        self.ensure_one()
        candidates = (
            self.skydrop_request_sender,
            self.email,
            self.default_from_email,
            self.catchall_email,
        )
        for candidate in candidates:
            email = email_normalize(candidate)
            if email and self._skydrop_is_fit_sender(email):
                return email
        return False

    def _skydrop_is_fit_sender(self, email):
        """Return whether a help desk would take a mail from this address for one that
        a person wrote"""
        return email != email_normalize(
            self.skydrop_support_email
        ) and not NO_REPLY.search(email.partition("@")[0])

    def _skydrop_get_mail_checklist(self):
        """What decides whether the desk opens a ticket from a mail, as far as it can be
        seen from here.

        :return: whether it is in order (None: to be checked elsewhere), and a sentence
        :rtype: list[tuple[bool | None, str]]
        """
        self.ensure_one()
        support = email_normalize(self.skydrop_support_email)
        sender = self._skydrop_get_request_sender()
        domain = sender and email_domain_extract(sender)
        servers = self.env["ir.mail_server"].sudo().search([("active", "=", True)])
        return [
            self._skydrop_check_support_address(support),
            self._skydrop_check_sender(sender),
            (
                None,
                self.env._(
                    "Answers go to the customer (Reply-To). Customers without an e-mail"
                    " address get them at %s.",
                    sender or self.env._("no address"),
                ),
            ),
            self._skydrop_check_from_filter(servers, sender),
            (
                None,
                self.env._(
                    "SPF and DKIM of %s have to allow the outgoing mail server: ask"
                    " whoever keeps the domain.",
                    domain or self.env._("the sender's domain"),
                ),
            ),
            (
                None,
                self.env._(
                    "Put %s on the allow-list of the help desk, so that it does not"
                    " file requests as automatic mail or as spam.",
                    sender or self.env._("the sender"),
                ),
            ),
        ]

    def _skydrop_check_support_address(self, support):
        if support:
            return True, self.env._("Requests are mailed to %s.", support)
        return False, self.env._(
            "The support address is missing or wrong: requests are kept, but not sent."
        )

    def _skydrop_check_sender(self, sender):
        if sender:
            return True, self.env._("They are sent from %s.", sender)
        return False, self.env._(
            "There is no address to send from: it has to be one of the company's own,"
            " not the support address, and none that takes no answers (noreply)."
        )

    def _skydrop_check_from_filter(self, servers, sender):
        """Odoo replaces the sender when no server's filter lets it through."""
        if not servers:
            return None, self.env._(
                "No outgoing mail server is set up in Odoo: the one of the server's"
                " configuration is used."
            )
        fit = servers.filtered(
            lambda server: server._match_from_filter(sender, server.from_filter)
        )
        if sender and fit:
            return True, self.env._(
                "Outgoing mail server %s sends as this address.", fit[0].name
            )
        return False, self.env._(
            "No outgoing mail server has a FROM filter that fits the sender: Odoo"
            " would replace it by another address."
        )
