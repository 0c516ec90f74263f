import re
from decimal import Decimal

from odoo.fields import Domain
from odoo.http import request, route
from odoo.tools import SQL, date_utils

from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.skydrop_deposit import OPEN_STATUS
from .portal import SkydropPortal

MOVEMENTS_URL = "/my/movements"
MAX_SEARCH_LENGTH = 64
AMOUNT = re.compile(r"\$?(\d{1,12})(?:\.(\d{1,2}))?(?:[A-Z]{3})?", re.ASCII)


class SkydropMovements(SkydropPortal):
    """The page «Movimientos»: deposits and their invoices in one list."""

    @route(
        [MOVEMENTS_URL, f"{MOVEMENTS_URL}/page/<int:page>"],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_my_movements(
        self, page=1, sortby=None, filterby=None, search="", search_in=None, **kw
    ):
        values = self._prepare_movements_values(
            page, sortby, filterby, search, search_in
        )
        return request.render("skydrop_facturacion.portal_my_movements", values)

    def _prepare_movements_values(self, page, sortby, filterby, search, search_in):
        sortings = self._get_movement_sortings()
        filters = self._get_movement_filters()
        inputs = self._get_movement_inputs()
        sortby = sortby if sortby in sortings else "date"
        filterby = filterby if filterby in filters else "all"
        search_in = search_in if search_in in inputs else "all"
        search = "".join(filter(str.isprintable, search)).strip()[:MAX_SEARCH_LENGTH]
        deposit_domain, invoice_domain = self._get_movement_search_domains(
            search, search_in
        )
        movements, pager = self._get_movements(
            self._get_movements_domain()
            & filters[filterby]["deposits"]
            & deposit_domain,
            self._get_deposit_invoices_domain()
            & filters[filterby]["invoices"]
            & invoice_domain,
            sortings[sortby]["order"],
            page,
            {
                "sortby": sortby,
                "filterby": filterby,
                "search": search,
                "search_in": search_in,
            },
        )
        date_from, date_to = self._get_this_month()
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_movements"),
            "movements": movements,
            "figures": self._get_movement_figures(),
            "pager": pager,
            "default_url": MOVEMENTS_URL,
            "searchbar_sortings": sortings,
            "searchbar_filters": filters,
            "searchbar_inputs": inputs,
            "sortby": sortby,
            "filterby": filterby,
            "search": search,
            "search_in": search_in,
            "date_from": date_from.isoformat(),
            "date_to": date_to.isoformat(),
        }

    # ------------------------------------------------------------------
    # Sortings, filters, search
    # ------------------------------------------------------------------

    def _get_movement_sortings(self):
        """:return: orders of the columns of ``_select_movements``, by their key"""
        return {
            "date": {
                "label": request.env._("Newest"),
                "order": SQL("day DESC, moment DESC, kind DESC, id DESC"),
            },
            "oldest": {
                "label": request.env._("Oldest"),
                "order": SQL("day, moment, kind, id"),
            },
            "amount": {
                "label": request.env._("Amount"),
                "order": SQL("amount DESC, day DESC, moment DESC, kind DESC, id DESC"),
            },
        }

    def _get_movement_filters(self):
        """:return: domains on deposits and on invoices, by the key of the filter"""
        invoice_status = {
            "to_invoice": Domain("invoice_status", "in", OPEN_STATUS),
            # What is partly invoiced is found in both.
            "invoiced": Domain("invoice_status", "in", ("invoiced", "partial")),
            "not_billable": Domain("invoice_status", "=", "no"),
        }
        labels = {
            "all": request.env._("All movements"),
            "to_invoice": request.env._("To invoice"),
            "invoiced": request.env._("Invoiced"),
            "not_billable": request.env._("Not billable"),
            "invoices": request.env._("Invoices"),
        }
        return {
            key: {
                "label": label,
                "deposits": invoice_status.get(key, Domain(key == "all")),
                "invoices": Domain(key in ("all", "invoices")),
            }
            for key, label in labels.items()
        }

    def _get_movement_inputs(self):
        labels = {
            "all": request.env._("Everything"),
            "reference": request.env._("Reference"),
            "amount": request.env._("Amount"),
        }
        return {key: {"input": key, "label": label} for key, label in labels.items()}

    def _get_movement_search_domains(self, search, search_in):
        """:return: domains on deposits and on invoices; an invoice is found by its
            number and by the references of its deposits
        :rtype: tuple[odoo.fields.Domain, odoo.fields.Domain]
        """
        if not search:
            return Domain.TRUE, Domain.TRUE
        deposits = invoices = Domain.FALSE
        if search_in in ("all", "reference"):
            deposits |= Domain("reference", "ilike", search)
            deposits |= Domain("name", "ilike", search)
            invoices |= Domain("name", "ilike", search)
            invoices |= Domain(
                "invoice_line_ids.skydrop_deposit_id.reference", "ilike", search
            )
        if search_in in ("all", "amount"):
            deposits |= self._get_amount_domain("amount", search)
            invoices |= self._get_amount_domain("amount_total", search)
        return deposits, invoices

    def _get_amount_domain(self, field_name, search):
        """Amounts that begin with what was typed: ``1,500`` finds 1500.50 too.

        :rtype: odoo.fields.Domain
        """
        match = AMOUNT.fullmatch(re.sub(r"[\s,]", "", search).upper())
        if not match:
            return Domain.FALSE
        whole, decimals = match.groups(default="")
        lowest = Decimal(f"{whole}.{decimals or 0}")
        beyond = lowest + Decimal(1).scaleb(-len(decimals))
        return Domain(field_name, ">=", float(lowest)) & Domain(
            field_name, "<", float(beyond)
        )

    # ------------------------------------------------------------------
    # The list
    # ------------------------------------------------------------------

    def _get_movements(self, deposit_domain, invoice_domain, order, page, url_args):
        """One page of deposits and invoices together: the database merges, sorts and
        cuts, so that a page costs the same whatever the length of the list.

        :param odoo.fields.Domain deposit_domain: the customer's deposits to show
        :param odoo.fields.Domain invoice_domain: the customer's invoices to show
        :param SQL order: one of ``_get_movement_sortings``
        :param page: number of the page, as it came from the browser
        :param dict url_args: what the links to other pages carry
        :return: kind and record of each row (with ``sudo``), and the pager
        :rtype: tuple[list[dict], dict]
        """
        models = {
            "deposit": request.env["skydrop.deposit"].sudo(),
            "invoice": request.env["account.move"].sudo(),
        }
        movements = SQL(
            "(%s UNION ALL %s) AS movements",
            self._select_deposits(models["deposit"], deposit_domain),
            self._select_invoices(models["invoice"], invoice_domain),
        )
        count = SQL("SELECT COUNT(*) FROM %s", movements)
        pager = portal_pager(
            url=MOVEMENTS_URL,
            url_args=url_args,
            total=request.env.execute_query(count)[0][0],
            page=self._parse_page(page),
            step=self._movements_per_page,
        )
        rows = request.env.execute_query(
            SQL(
                "SELECT kind, id FROM %s ORDER BY %s LIMIT %s OFFSET %s",
                movements,
                order,
                self._movements_per_page,
                pager["offset"],
            )
        )
        records = {
            (kind, record.id): record
            for kind, model in models.items()
            for record in model.browse([row[1] for row in rows if row[0] == kind])
        }
        return [{"kind": row[0], "record": records[row]} for row in rows], pager

    def _select_deposits(self, Deposit, domain):
        query = Deposit._search(domain)
        return query.select(
            SQL("'deposit' AS kind"),
            SQL("%s AS id", Deposit._field_to_sql(query.table, "id", query)),
            SQL("%s AS day", Deposit._field_to_sql(query.table, "billing_date", query)),
            SQL("%s AS moment", Deposit._field_to_sql(query.table, "date", query)),
            SQL("%s AS amount", Deposit._field_to_sql(query.table, "amount", query)),
        )

    def _select_invoices(self, Move, domain):
        query = Move._search(domain)
        return query.select(
            SQL("'invoice' AS kind"),
            SQL("%s AS id", Move._field_to_sql(query.table, "id", query)),
            SQL(
                "COALESCE(%s, %s) AS day",
                Move._field_to_sql(query.table, "invoice_date", query),
                Move._field_to_sql(query.table, "date", query),
            ),
            SQL("%s AS moment", Move._field_to_sql(query.table, "create_date", query)),
            SQL("%s AS amount", Move._field_to_sql(query.table, "amount_total", query)),
        )

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _get_this_month(self):
        """:return: first and last day of the month in the company's time zone"""
        company = request.env.company.sudo()
        today = request.env["skydrop.deposit"]._get_invoice_date(company)
        return date_utils.start_of(today, "month"), date_utils.end_of(today, "month")

    def _get_movement_figures(self):
        """What was deposited, and how much of it is invoiced and to invoice; credit
        that was not paid for is left out, so that the first is the sum of the others.

        :return: for each currency of the customer, ``currency`` and the three figures
            of this ``month`` and of ``all`` time
        :rtype: list[dict]
        """
        domain = (
            self._get_movements_domain()
            & Domain("state", "=", "confirmed")
            & Domain("origin", "=", "payment")
        )
        date_from, date_to = self._get_this_month()
        all_time = self._sum_deposits(domain)
        month = self._sum_deposits(
            domain
            & Domain("billing_date", ">=", date_from)
            & Domain("billing_date", "<=", date_to)
        )
        nothing = dict.fromkeys(("deposited", "invoiced", "to_invoice"), 0.0)
        own = request.env.company.sudo().currency_id
        currencies = sorted(all_time, key=lambda other: (other != own, other.name))
        return [
            {
                "currency": currency,
                "month": month.get(currency, nothing),
                "all": all_time.get(currency, nothing),
            }
            for currency in currencies or [own]
        ]

    def _sum_deposits(self, domain):
        """:return: the three figures, by currency
        :rtype: dict
        """
        groups = (
            request.env["skydrop.deposit"]
            .sudo()
            ._read_group(
                domain,
                ["currency_id"],
                ["amount:sum", "amount_invoiced:sum", "amount_to_invoice:sum"],
            )
        )
        return {
            currency: {
                "deposited": deposited,
                "invoiced": invoiced,
                "to_invoice": to_invoice,
            }
            for currency, deposited, invoiced, to_invoice in groups
        }
