from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .portal import SkydropPortal


class SkydropMovements(SkydropPortal):
    """The page «Movimientos»."""

    @route(
        ["/my/movements", "/my/movements/page/<int:page>"],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_my_movements(self, page=1, **kw):
        values = self._prepare_movements_values(page)
        return request.render("skydrop_facturacion.portal_my_movements", values)

    def _prepare_movements_values(self, page):
        Deposit = request.env["skydrop.deposit"].sudo()
        domain = self._get_movements_domain()
        pager = portal_pager(
            url="/my/movements",
            total=Deposit.search_count(domain),
            page=page,
            step=self._movements_per_page,
        )
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_movements"),
            "deposits": Deposit.search(
                domain, limit=self._movements_per_page, offset=pager["offset"]
            ),
            "pager": pager,
        }
