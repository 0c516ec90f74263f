from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .portal import BILLING_URL, SkydropPortal


class SkydropInvoices(SkydropPortal):
    """The tab «Mis facturas», and Odoo's page of an invoice."""

    @route(
        [f"{BILLING_URL}/invoices", f"{BILLING_URL}/invoices/page/<int:page>"],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_billing_invoices(self, page=1, **kw):
        values = self._prepare_billing_invoices_values(page)
        return request.render("skydrop_facturacion.portal_billing_invoices", values)

    def _prepare_billing_invoices_values(self, page):
        Move = request.env["account.move"].sudo()
        domain = self._get_deposit_invoices_domain()
        pager = portal_pager(
            url=f"{BILLING_URL}/invoices",
            total=Move.search_count(domain),
            page=page,
            step=self._movements_per_page,
        )
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_invoices"),
            "invoices": Move.search(
                domain,
                order="invoice_date desc, name desc, id desc",
                limit=self._movements_per_page,
                offset=pager["offset"],
            ),
            "pager": pager,
        }

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

    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        if invoice._skydrop_is_deposit_invoice():
            # Paid with the deposits: nothing is due, nothing is overdue.
            values.update(
                payment_state="paid",
                installment_state=None,
                amount_due=0.0,
                skydrop_is_deposit_invoice=True,
                skydrop_generated=bool(kwargs.get("generated")),
            )
        return values
