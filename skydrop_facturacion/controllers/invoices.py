import logging
import re
from datetime import date
from urllib.parse import urlencode

from werkzeug.exceptions import BadRequest, NotFound

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request, route
from odoo.tools import date_utils

from odoo.addons.account.controllers.download_docs import _build_zip_from_data
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..exceptions import BillingError, PdfBusyError
from . import pace
from .portal import BILLING_URL, SkydropPortal

_logger = logging.getLogger(__name__)

# How often a browser asks for a PDF while others are being made, and how many seconds
# apart.
MAX_TURNS = 20
SECONDS_A_TURN = 2


class SkydropInvoices(SkydropPortal):
    """The tab «Mis facturas», and Odoo's page of an invoice."""

    # ------------------------------------------------------------------
    # My invoices
    # ------------------------------------------------------------------

    @route(
        [f"{BILLING_URL}/invoices", f"{BILLING_URL}/invoices/page/<int:page>"],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_billing_invoices(self, page=1, search="", state="all", **kw):
        values = self._prepare_billing_invoices_values(
            self._parse_page(page), self._parse_text(search, 64), state
        )
        return request.render("skydrop_facturacion.portal_billing_invoices", values)

    def _prepare_billing_invoices_values(self, page, search, state):
        Move = request.env["account.move"].sudo()
        states = self._get_invoice_state_domains()
        state = state if state in states else "all"
        domain = (
            self._get_deposit_invoices_domain()
            & states[state]
            & self._get_invoice_search_domain(search)
        )
        pager = portal_pager(
            url=f"{BILLING_URL}/invoices",
            url_args={"search": search, "state": state},
            total=Move.search_count(domain),
            page=page,
            step=self._movements_per_page,
        )
        invoices = Move.search(
            domain,
            order="invoice_date desc, name desc, id desc",
            limit=self._movements_per_page,
            offset=pager["offset"],
        )
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_invoices"),
            "invoices": invoices,
            "months": sorted(
                {
                    f"{invoice.invoice_date:%Y-%m}"
                    for invoice in invoices
                    if invoice.state == "posted"
                },
                reverse=True,
            ),
            "pager": pager,
            "search": search,
            "state": state,
        }

    def _get_invoice_state_domains(self):
        """:return: the filters of the list by their key
        :rtype: dict[str, odoo.fields.Domain]
        """
        return {
            "all": Domain.TRUE,
            "posted": Domain("state", "=", "posted")
            & Domain("skydrop_is_replaced", "=", False),
            "replaced": Domain("skydrop_is_replaced", "=", True),
            "cancel": Domain("state", "=", "cancel"),
            "draft": Domain("state", "=", "draft"),
        }

    def _get_invoice_search_domain(self, search):
        """:return: invoices whose number, receiver or deposit contains the text"""
        if not search:
            return Domain.TRUE
        return (
            Domain("name", "ilike", search)
            | Domain("skydrop_legal_name", "ilike", search)
            | Domain("skydrop_rfc", "ilike", search)
            | Domain("invoice_line_ids.skydrop_deposit_id.reference", "ilike", search)
        )

    @route(
        f"{BILLING_URL}/invoices/zip/<string:month>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_billing_invoices_zip(self, month, **kw):
        """The PDFs of a month's valid invoices.

        :param str month: ``YYYY-MM``
        """
        first = self._parse_month(month)
        invoices = (
            request.env["account.move"]
            .sudo()
            .search(
                self._get_deposit_invoices_domain()
                & Domain("state", "=", "posted")
                & Domain("invoice_date", ">=", first)
                & Domain("invoice_date", "<=", date_utils.end_of(first, "month")),
                order="name",
            )
        )
        if not invoices:
            raise NotFound()
        wait = pace.spend(pace.get_document_cost(len(invoices)))
        if wait:
            values = self._prepare_wait_values(
                "skydrop_invoices", f"{BILLING_URL}/invoices/zip/{month}"
            )
            return pace.refuse_page(wait, values)
        try:
            documents = [
                document
                for invoice in invoices
                for document in (
                    *invoice._get_invoice_legal_documents_all(),
                    *self._get_fiscal_documents(invoice),
                )
            ]
        except (UserError, OSError):
            _logger.exception("The PDFs of %s could not be made", month)
            return request.redirect(f"{BILLING_URL}/invoices?pdf_failed=1")
        content = _build_zip_from_data(documents)
        return self._make_download(f"facturas-{month}.zip", "application/zip", content)

    def _get_fiscal_documents(self, invoice):
        """:return: the fiscal files in the shape of Odoo's legal documents"""
        return [
            {"filename": name, "filetype": mimetype, "content": content}
            for name, mimetype, content in invoice._skydrop_fiscal_files()
        ]

    def _parse_month(self, month):
        """:return: the first day of a month written as ``YYYY-MM``
        :raise BadRequest: it is none; Odoo looks for what is not found as a page and
            an attachment, and fails when the address has a NUL in it
        """
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", month):
                raise ValueError
            return date.fromisoformat(f"{month}-01")
        except ValueError:
            raise BadRequest() from None

    @route(
        f"{BILLING_URL}/invoices/<int:invoice_id>/pdf",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_billing_invoice_last_pdf(self, invoice_id, **kw):
        """The PDF that the customer knows of an invoice cancelled or reset since."""
        pdf = self._get_deposit_invoice(invoice_id).skydrop_last_pdf_id
        if not pdf:
            raise NotFound()
        return self._make_download(pdf.name, pdf.mimetype, pdf.raw)

    @route(
        f"{BILLING_URL}/invoices/<int:invoice_id>/files/<int:position>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_billing_invoice_file(self, invoice_id, position, **kw):
        """A fiscal file of an invoice, such as the stamped XML."""
        files = self._get_deposit_invoice(invoice_id)._skydrop_fiscal_files()
        if position >= len(files):
            raise NotFound()
        name, mimetype, content = files[position]
        return self._make_download(name, mimetype, content)

    def _get_deposit_invoice(self, invoice_id):
        """:return: the customer's deposit invoice with this id, with ``sudo``
        :raise NotFound: it is not the customer's, or does not exist
        """
        invoice = request.env["account.move"].sudo()
        invoice = invoice.search(
            self._get_deposit_invoices_domain() & Domain("id", "=", invoice_id)
        )
        if not invoice:
            raise NotFound()
        return invoice

    # ------------------------------------------------------------------
    # Page of an invoice
    # ------------------------------------------------------------------

    @route()
    def portal_my_invoice_detail(
        self, invoice_id, access_token=None, report_type=None, download=False, **kw
    ):
        try:
            return super().portal_my_invoice_detail(
                invoice_id,
                access_token=access_token,
                report_type=report_type,
                download=download,
                **kw,
            )
        except PdfBusyError:
            page = self._wait_for_turn(invoice_id, kw.get("turn"))
            return page or self._redirect_without_pdf(invoice_id, access_token)
        except (UserError, OSError):
            if report_type != "pdf":
                raise
            # The invoice stands; only its PDF could not be made. The next click tries
            # again.
            _logger.exception("The PDF of invoice %s could not be made", invoice_id)
            return self._redirect_without_pdf(invoice_id, access_token)

    def _redirect_without_pdf(self, invoice_id, access_token):
        query = {"pdf_failed": 1}
        if access_token:
            query["access_token"] = access_token
        return request.redirect_query(f"/my/invoices/{invoice_id}", query)

    def _wait_for_turn(self, invoice_id, turn):
        """A page from which the browser asks again for a PDF by itself: nobody waits in
        a worker, so the others' PDFs are finished meanwhile.

        :param str turn: how often it asked already
        :return: the page, status 202; None if it asked too often
        """
        turn = self._parse_page(turn or 0)
        if turn >= MAX_TURNS:
            return None
        query = {**request.httprequest.args.to_dict(), "turn": turn + 1}
        url = f"/my/invoices/{invoice_id}?{urlencode(query)}"
        response = request.render(
            "skydrop_facturacion.portal_wait",
            {
                **self._prepare_wait_values("skydrop_invoices", url),
                "message": request.env._(
                    "Your PDF is being prepared: its download starts in a few seconds."
                ),
            },
        )
        response.status_code = 202
        response.headers["Refresh"] = f"{SECONDS_A_TURN}; url={url}"
        return response

    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        # Odoo has checked the user or the token; a visitor with a token sees the page,
        # and neither buttons nor forms (skydrop_is_mine).
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        if invoice._skydrop_is_deposit_invoice():
            # Paid with the deposits: nothing is due, nothing is overdue.
            values.update(
                payment_state="paid",
                installment_state=None,
                amount_due=0.0,
                skydrop_is_deposit_invoice=True,
                skydrop_is_mine=self._is_mine(invoice),
                skydrop_generated=bool(kwargs.get("generated")),
                skydrop_pdf_failed=bool(kwargs.get("pdf_failed")),
                skydrop_mailed_to=request.session.pop("skydrop_mailed_to", None),
                skydrop_mail_waits=invoice.sudo()._skydrop_is_mail_waiting(),
                skydrop_mail_error=kwargs.get("mail_error"),
            )
        return values

    def _is_mine(self, invoice):
        """Return whether the visitor is signed in as the customer, and not only has a
        link to the invoice"""
        domain = self._get_deposit_invoices_domain() & Domain("id", "=", invoice.id)
        return not request.env.user._is_public() and bool(
            invoice.sudo().search_count(domain, limit=1)
        )

    @route(
        f"{BILLING_URL}/invoices/<int:invoice_id>/send",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_billing_invoice_send(self, invoice_id, **post):
        """Mail an invoice to an address of the customer's choice."""
        invoice = self._get_deposit_invoice(invoice_id)
        if invoice.state != "posted":
            raise NotFound()
        try:
            email = self._parse_text(request.httprequest.form.get("email"), 254)
            mail = invoice._skydrop_send_by_email(email)
            # Not in the address, where anybody could write another one.
            request.session["skydrop_mailed_to"] = mail.email_to
            answer = {}
        except BillingError as error:
            answer = {"mail_error": error.code}
        except (UserError, OSError):
            _logger.exception("The PDF of %s could not be made", invoice.name)
            answer = {"pdf_failed": 1}
        return request.redirect_query(f"/my/invoices/{invoice.id}", answer)

    def _get_overdue_invoices_domain(self, partner_id=None):
        # Deposits have paid them, whether their payments are in Odoo or not.
        domain = Domain(super()._get_overdue_invoices_domain(partner_id))
        return list(
            domain & ~Domain("invoice_line_ids.skydrop_deposit_id", "!=", False)
        )
