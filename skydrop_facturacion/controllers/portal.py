import re

from odoo.fields import Domain
from odoo.http import content_disposition, request

from odoo.addons.account.controllers.portal import PortalAccount

from ..tools import sat

BILLING_URL = "/my/movements/billing"


class SkydropPortal(PortalAccount):
    """What the customer's pages share. Deposits and invoices are looked up with
    ``sudo`` under an explicit domain: those of the user's own commercial entity in the
    user's company."""

    _movements_per_page = 25

    def _get_movements_domain(self):
        """:return: every deposit of the customer in the user's company"""
        return (
            Domain(
                "commercial_partner_id",
                "=",
                request.env.user.partner_id.commercial_partner_id.id,
            )
            & Domain("company_id", "=", request.env.company.id)
            & Domain("state", "!=", "draft")
        )

    def _get_deposit_invoices_domain(self):
        """:return: the customer's deposit invoices that were posted at least once"""
        customer = request.env.user.partner_id.commercial_partner_id
        return (
            Domain("move_type", "=", "out_invoice")
            & Domain("company_id", "=", request.env.company.id)
            & Domain("partner_id", "child_of", customer.id)
            & Domain("invoice_line_ids.skydrop_deposit_id", "!=", False)
            & Domain("posted_before", "=", True)
        )

    def _prepare_skydrop_layout_values(self, page_name):
        """Values that each page of ours needs."""
        company = request.env.company.sudo()
        return {
            "page_name": page_name,
            "billing_url": BILLING_URL,
            "support_email": company.skydrop_support_email,
            "help_url": company.skydrop_help_url,
            "billing_available": not company._skydrop_get_set_up_issues(),
        }

    def _prepare_wait_values(self, page_name, next_url):
        """Values of the page that says to wait.

        :param str page_name: page of ours that it stands for
        :param str next_url: where to go then
        """
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values(page_name),
            "next_url": next_url,
        }

    def _parse_page(self, page):
        """:return: the number of a page, 1 for anything that is none"""
        text = str(page)
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 1

    def _parse_text(self, text, length):
        """:return: one line of text that PostgreSQL and a mail can carry"""
        if not isinstance(text, str) or not text.isprintable():
            return ""
        return text.strip()[:length].strip()

    def _get_customer(self):
        """:return: the user's commercial entity, with ``sudo``"""
        return request.env.user.partner_id.commercial_partner_id.sudo()

    def _get_default_receiver(self):
        return self._get_customer()._skydrop_get_default_receiver()

    def _prepare_receiver_fields(self, typed, issues=(), confirmed_rfc=""):
        """Values of the fields of the fiscal form.

        :param dict typed: see ``_skydrop_receiver_values``
        :param list issues: see ``_skydrop_check_typed_values``
        :param str confirmed_rfc: RFC whose check digit was confirmed
        """
        return {
            "typed": typed,
            "receiver_issues": issues,
            "field_issues": {issue[0]: issue for issue in reversed(issues)},
            "confirmed_rfc": confirmed_rfc,
            "regimes": sat.FISCAL_REGIMES,
            "cfdi_uses": sat.CFDI_USES,
        }

    def _make_download(self, name, mimetype, content):
        """A file for the customer: always a download and never a page, whatever is in
        it and whatever a browser makes of its type.

        :param str name: its name
        :param str mimetype: its type
        :param bytes content: what is in it
        """
        return request.make_response(
            content,
            [
                ("Content-Type", mimetype),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
                ("Content-Security-Policy", "default-src 'none'; sandbox"),
            ],
        )

    def _set_notice(self, message):
        """Say something on the next page."""
        request.session["skydrop_notice"] = message

    def _pop_notice(self):
        return request.session.pop("skydrop_notice", None)
