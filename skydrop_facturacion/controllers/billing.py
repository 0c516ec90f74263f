import logging
import re

from werkzeug.exceptions import BadRequest, NotFound

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..exceptions import BillingError
from ..models.skydrop_deposit import OPEN_STATUS
from . import pace
from .choice import MAX_DEPOSITS, SkydropChoice
from .portal import BILLING_URL

_logger = logging.getLogger(__name__)

DEPOSITS_PER_PAGE = 50


class SkydropBilling(SkydropChoice):
    """From ticks to an invoice, as plain forms; scripts only add comfort."""

    # ------------------------------------------------------------------
    # Ticks
    # ------------------------------------------------------------------

    @route(
        [BILLING_URL, f"{BILLING_URL}/page/<int:page>"],
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_billing(self, page=1, currency=None, choice=None, **kw):
        values = self._prepare_billing_values(self._parse_page(page), currency, choice)
        return request.render("skydrop_facturacion.portal_billing", values)

    def _prepare_billing_values(self, page, currency_code, choice_key):
        receiver = self._get_default_receiver()
        choice = self._recall_choice(choice_key)
        ticked_ids = (choice or {}).get("deposit_ids", [])
        values = {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_billing"),
            **self._prepare_billable_values(page, currency_code, ticked_ids),
            "blocked_deposits": self._get_blocked_deposits(),
            "held_deposits": self._get_held_deposits(),
            **self._prepare_first_form(receiver),
            "notice": self._pop_notice(),
            "choice_lost": bool(choice_key) and choice is None,
            "estimate": self._get_estimate(ticked_ids),
        }
        on_page = set(values["deposits"].ids)
        values["ticked_ids"] = on_page.intersection(ticked_ids)
        values["other_ids"] = [record for record in ticked_ids if record not in on_page]
        return values

    def _prepare_first_form(self, receiver):
        """The fiscal form that opens the page while the receiver is incomplete; it
        complains about nothing before it was sent."""
        issues = receiver._skydrop_get_receiver_issues()
        values = receiver._skydrop_receiver_values()
        return {
            **self._prepare_receiver_fields(values),
            "receiver": receiver,
            "receiver_issues": issues,
        }

    def _prepare_billable_values(self, page, currency_code, ticked_ids):
        """The page of billable deposits in one currency: the one asked for, that of the
        ticks, or the one with most deposits."""
        Deposit = request.env["skydrop.deposit"].sudo()
        domain = self._get_billable_domain()
        sums = Deposit._read_group(
            domain,
            ["currency_id"],
            ["__count", "amount_to_invoice:sum"],
            order="__count desc",
        )
        if ticked_ids and not currency_code:
            ticked = Deposit.search(domain & Domain("id", "in", ticked_ids[:1]))
            currency_code = ticked.currency_id.name
        currency, count, amount = next(
            (row for row in sums if row[0].name == currency_code),
            sums[0] if sums else (request.env.company.currency_id, 0, 0.0),
        )
        pager = portal_pager(
            url=BILLING_URL, total=count, page=page, step=DEPOSITS_PER_PAGE
        )
        return {
            "deposits": Deposit.search(
                domain & Domain("currency_id", "=", currency.id),
                limit=DEPOSITS_PER_PAGE,
                offset=pager["offset"],
            ),
            "pager": pager,
            "currency": currency,
            "currencies": [row[0] for row in sums],
            "foreign_code": currency._skydrop_get_foreign_code(
                request.env.company.sudo()
            ),
            "billable_count": count,
            "billable_amount": amount,
        }

    def _get_billable_domain(self):
        return request.env["skydrop.deposit"]._get_billable_domain(
            request.env.user.partner_id, request.env.company
        )

    def _get_blocked_deposits(self):
        """:return: the newest deposits that are shown but cannot be ticked"""
        domain = Domain("origin", "!=", "payment") & Domain("state", "=", "confirmed")
        Deposit = request.env["skydrop.deposit"].sudo()
        return Deposit.search(
            self._get_movements_domain() & domain, limit=self._movements_per_page
        )

    def _get_held_deposits(self):
        """:return: the deposits that an open request keeps from being invoiced"""
        Deposit = request.env["skydrop.deposit"].sudo()
        return Deposit.search(
            self._get_movements_domain()
            & Domain("invoice_status", "in", OPEN_STATUS)
            & Deposit._get_held_domain(),
            limit=self._movements_per_page,
        )

    @route(
        f"{BILLING_URL}/choose",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_billing_choose(self, tick=None, currency=None, **post):
        """Turn the page with the ticks kept, tick all deposits of all pages, or none.

        The form's ``page`` is the number of the page to show.

        :param str tick: ``all``, ``none``, or nothing to keep the ticks
        :param str currency: code of the currency of the list
        """
        choice = self._parse_choice()
        if tick == "all":
            choice["deposit_ids"] = self._get_all_billable_ids(currency)
        elif tick == "none":
            choice["deposit_ids"] = []
        else:
            self._get_deposits(choice["deposit_ids"])
        path = BILLING_URL
        page = self._parse_page(request.httprequest.form.get("page"))
        if page > 1:
            path = f"{BILLING_URL}/page/{page}"
        if currency:
            path += f"?currency={self._get_currency(currency).name}"
        return self._redirect_to_choice(path, choice)

    def _get_all_billable_ids(self, currency_code):
        domain = Domain("currency_id", "=", self._get_currency(currency_code).id)
        deposits = request.env["skydrop.deposit"].sudo()
        return deposits.search(
            self._get_billable_domain() & domain, limit=MAX_DEPOSITS
        ).ids

    def _get_currency(self, code):
        """:return: the currency of this code
        :raise BadRequest: there is none
        """
        code = self._parse_text(code, 3)
        currency = request.env["res.currency"].sudo().search([("name", "=", code)])
        if not currency:
            raise BadRequest()
        return currency

    # ------------------------------------------------------------------
    # Card
    # ------------------------------------------------------------------

    @route(
        f"{BILLING_URL}/estimate",
        type="jsonrpc",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_billing_estimate(self, deposit_ids=None, **kw):
        try:
            ids = self._parse_ids(deposit_ids)
            wait = pace.spend(pace.get_estimate_cost(len(ids)))
            if wait:
                pace.refuse_json(wait)
            return self._get_deposits(ids)._get_estimate()
        except BadRequest:
            return self._error_values(
                "malformed",
                request.env._("The ticks could not be read. Reload the page."),
            )
        except NotFound:
            return self._error_values(
                "not_found", request.env._("This deposit does not exist.")
            )
        except BillingError as error:
            return self._error_values(error.code, str(error))

    def _error_values(self, code, message):
        return {"error": {"code": code, "message": message}}

    def _get_estimate(self, deposit_ids):
        """Return figures of the card for deposits that are ticked when the page
        opens; None if there are none or they no longer go together"""
        try:
            return deposit_ids and self._get_deposits(deposit_ids)._get_estimate()
        except (BillingError, NotFound):
            return None

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    # auth="public", and no token is asked for: it only remembers a choice, so that the
    # ticks survive when the session is gone and the customer signs in again. A visitor
    # reads no record; who is signed in is checked by _check_choice. How much is kept,
    # and how often, is bounded (MAX_DEPOSITS_SIGNED_OUT, pace).
    @route(
        f"{BILLING_URL}/preview",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
        csrf=False,
    )
    def portal_billing_preview_choose(self, **post):
        """Remember the choice and lead to its own page, which can be reloaded."""
        self._refuse_other_sites()
        choice = self._parse_choice()
        if not choice["deposit_ids"]:
            return request.redirect(f"{BILLING_URL}?empty=1", code=303)
        wait = pace.spend(pace.get_choice_cost(len(choice["deposit_ids"])))
        if wait:
            return pace.refuse_page(wait, self._prepare_preview_wait_values())
        if not request.env.user._is_public():
            if request.httprequest.form.get("remove"):
                self._drop_unfit_payment_form(choice)
            self._check_choice(choice)
        return self._redirect_to_choice(f"{BILLING_URL}/preview", choice)

    @route(
        f"{BILLING_URL}/preview",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_billing_preview(self, choice=None, changed=None, failed=None, **kw):
        remembered = self._recall_choice(choice)
        if not remembered:
            # The list says that the ticks are lost, if there were any.
            return request.redirect_query(BILLING_URL, choice and {"choice": choice})
        wait = pace.spend(pace.get_preview_cost(len(remembered["deposit_ids"])))
        if wait:
            return pace.refuse_page(wait, self._prepare_preview_wait_values(choice))
        values = self._prepare_preview_values(choice, remembered)
        values.update(changed=bool(changed), failed=bool(failed))
        return request.render("skydrop_facturacion.portal_billing_preview", values)

    def _prepare_preview_wait_values(self, key=None):
        """:return: values of the page that says to wait, with where to go then"""
        url = f"{BILLING_URL}/preview?choice={key}" if key else BILLING_URL
        return self._prepare_wait_values("skydrop_preview", url)

    def _prepare_preview_values(self, key, choice):
        deposits, receiver, move_values = self._check_choice(choice)
        issues = deposits._get_correction_issues(
            receiver, move_values, choice.get("confirmed_rfc")
        )
        values = {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_preview"),
            **self._prepare_correction_values(choice, receiver, deposits, move_values),
            "choice_key": key,
            "choice": choice,
            "deposits": deposits,
            "receiver": receiver,
            "receiver_issues": issues,
            "field_issues": {issue[0]: issue for issue in reversed(issues)},
            "notice": self._pop_notice(),
        }
        Document = request.env["skydrop.invoice.document"].sudo()
        try:
            document = Document._from_deposits(deposits, receiver, move_values)
        except BillingError as error:
            return {**values, "error": str(error), "document": None}
        return {
            **values,
            "document": document,
            "fingerprint": deposits._get_fingerprint(document),
            "shown_payment_form": document["payment_form"],
        }

    # ------------------------------------------------------------------
    # Generate
    # ------------------------------------------------------------------

    # auth="public", and the token is checked below: with a session that is gone it
    # cannot fit, and the customer shall sign in and find the preview again instead of
    # an error. A visitor gets no further than that.
    @route(
        f"{BILLING_URL}/generate",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
        csrf=False,
    )
    def portal_billing_generate(self, **post):
        """Generate what the preview showed; every answer leads to the one invoice."""
        self._refuse_other_sites()
        choice = self._parse_choice()
        if request.env.user._is_public():
            return self.portal_billing_preview_choose(**post)
        form = request.httprequest.form
        fingerprint = form.get("fingerprint") or ""
        if not re.fullmatch("[0-9a-f]{64}", fingerprint) or not request.validate_csrf(
            form.get("csrf_token")
        ):
            raise BadRequest()
        deposits = self._get_deposits(choice["deposit_ids"])
        try:
            # Nothing half-made is kept when posting is refused.
            with request.env.cr.savepoint():
                invoice = self._generate(choice, fingerprint)
        except BillingError as error:
            # The page of the preview says what is wrong now.
            if error.code == "too_many":
                self._set_notice(str(error))
            changed = "?changed=1" if error.code == "changed" else ""
            return self._redirect_to_choice(f"{BILLING_URL}/preview{changed}", choice)
        except UserError:
            # A locked period, a missing account: nothing that the customer can mend.
            _logger.exception("Deposits %s could not be invoiced", deposits.ids)
            return self._redirect_to_choice(f"{BILLING_URL}/preview?failed=1", choice)
        return request.redirect(f"/my/invoices/{invoice.id}?generated=1", code=303)

    def _generate(self, choice, fingerprint):
        """:return: the invoice of the preview with this fingerprint
        :raise BillingError: see ``_generate_from_preview``; or what the customer typed
            is not right
        """
        deposits, receiver, move_values = self._check_choice(choice)
        invoice = deposits._find_generated(fingerprint)
        if invoice:
            return invoice
        for field, code, message in deposits._get_correction_issues(
            receiver, move_values, choice.get("confirmed_rfc")
        ):
            raise BillingError(code, message, field=field)
        return deposits._generate_from_preview(
            fingerprint, receiver, move_values, save=choice["save"]
        )
