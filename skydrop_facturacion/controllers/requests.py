from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .portal import SkydropPortal

REQUESTS_URL = "/my/requests"


class SkydropRequests(SkydropPortal):
    """«Solicitudes»: what became of what a customer asked for."""

    def _get_requests_domain(self):
        """:return: the requests of the customer in the user's company"""
        customer = request.env.user.partner_id.commercial_partner_id
        return (
            Domain("partner_id", "=", customer.id)
            & Domain("company_id", "=", request.env.company.id)
            & Domain("state", "!=", "draft")
        )

    def _get_request(self, request_id):
        """:return: the customer's request with this id, with ``sudo``
        :raise NotFound: it is not the customer's, or does not exist
        """
        found = (
            request.env["skydrop.change.request"]
            .sudo()
            .search(self._get_requests_domain() & Domain("id", "=", request_id))
        )
        if not found:
            raise NotFound()
        return found

    @route()
    def home(self, **kw):
        response = super().home(**kw)
        domain = self._get_requests_domain() & Domain("is_unread", "=", True)
        Request = request.env["skydrop.change.request"].sudo()
        response.qcontext["skydrop_unread_requests"] = Request.search_count(domain)
        return response

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    @route(
        [REQUESTS_URL, f"{REQUESTS_URL}/page/<int:page>"],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_requests(self, page=1, **kw):
        Request = request.env["skydrop.change.request"].sudo()
        domain = self._get_requests_domain()
        pager = portal_pager(
            url=REQUESTS_URL,
            total=Request.search_count(domain),
            page=self._parse_page(page),
            step=self._movements_per_page,
        )
        values = {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_requests"),
            "change_requests": Request.search(
                domain, limit=self._movements_per_page, offset=pager["offset"]
            ),
            "pager": pager,
        }
        return request.render("skydrop_facturacion.portal_requests", values)

    @route(
        f"{REQUESTS_URL}/<int:request_id>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_request(self, request_id, **kw):
        change = self._get_request(request_id)
        if change.is_unread:
            change.is_unread = False
        return request.render(
            "skydrop_facturacion.portal_request",
            self._prepare_request_values(change, **kw),
        )

    def _prepare_request_values(self, change, **params):
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_request"),
            "change": change,
            "notice": self._pop_notice(),
            "events": change._get_history(),
            "replacements": change.replacement_ids.filtered(
                lambda move: move.state == "posted"
            ),
            "sent": bool(params.get("sent")),
            "existing": bool(params.get("existing")),
            "message_sent": bool(params.get("message_sent")),
            "error": params.get("error_message"),
            "typed": params.get("typed") or "",
        }

    # ------------------------------------------------------------------
    # What the customer can do
    # ------------------------------------------------------------------

    @route(
        f"{REQUESTS_URL}/<int:request_id>/withdraw",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_request_withdraw(self, request_id, **post):
        change = self._get_request(request_id)
        if change.state != "withdrawn":
            try:
                change._withdraw()
            except UserError as error:
                return self._render_request_error(change, error)
        return request.redirect(f"{REQUESTS_URL}/{change.id}", code=303)

    @route(
        f"{REQUESTS_URL}/<int:request_id>/message",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_request_message(self, request_id, **post):
        change = self._get_request(request_id)
        text = request.httprequest.form.get("message") or ""
        try:
            change._post_message(request.env.user, text)
        except UserError as error:
            return self._render_request_error(change, error, typed=text)
        return request.redirect(f"{REQUESTS_URL}/{change.id}?message_sent=1", code=303)

    def _render_request_error(self, change, error, typed=""):
        values = self._prepare_request_values(
            change, error_message=str(error), typed=typed
        )
        response = request.render("skydrop_facturacion.portal_request", values)
        response.status_code = 400
        return response

    @route(
        f"{REQUESTS_URL}/<int:request_id>/files/<int:attachment_id>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_request_file(self, request_id, attachment_id, **kw):
        """A file of the request: always a download, never a page."""
        change = self._get_request(request_id)
        files = change.attachment_ids + change.invoice_pdf_id
        file = files.filtered(lambda attachment: attachment.id == attachment_id)
        if not file:
            raise NotFound()
        return self._make_download(file.name, file.mimetype, file.raw)
