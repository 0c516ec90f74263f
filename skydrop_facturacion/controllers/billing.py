import hashlib
import json

from werkzeug.exceptions import BadRequest, NotFound

from odoo.fields import Domain
from odoo.http import request, route
from odoo.tools import plaintext2html

from ..exceptions import BillingError
from .portal import BILLING_URL, SkydropPortal

# More would make the browser slow; the page says so.
MAX_TICKABLE = 1000
MAX_NOTE_LENGTH = 500
MAX_REMEMBERED_CHOICES = 5


class SkydropBilling(SkydropPortal):
    """From ticks to an invoice."""

    # ------------------------------------------------------------------
    # Billing: ticks and card
    # ------------------------------------------------------------------

    @route(
        BILLING_URL,
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_billing(self, currency=None, choice=None, **kw):
        values = self._prepare_billing_values(currency, choice)
        return request.render("skydrop_facturacion.portal_billing", values)

    def _prepare_billing_values(self, currency_code, choice_key):
        Deposit = request.env["skydrop.deposit"].sudo()
        domain = Deposit._get_billable_domain(
            request.env.user.partner_id, request.env.company
        )
        sums = Deposit._read_group(
            domain,
            ["currency_id"],
            ["__count", "amount_to_invoice:sum"],
            order="__count desc",
        )
        receiver = self._get_default_receiver()
        ticked = (self._recall_choice(choice_key) or {}).get("deposit_ids", [])
        if ticked and not currency_code:
            currency_code = Deposit.browse(ticked[0]).exists().currency_id.name
        currency, count, amount = next(
            (row for row in sums if row[0].name == currency_code),
            sums[0] if sums else (request.env.company.currency_id, 0, 0.0),
        )
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_billing"),
            "deposits": Deposit.search(
                domain & Domain("currency_id", "=", currency.id), limit=MAX_TICKABLE
            ),
            "blocked_deposits": Deposit.search(
                self._get_movements_domain()
                & Domain("origin", "!=", "payment")
                & Domain("state", "=", "confirmed"),
                limit=self._movements_per_page,
            ),
            "currency": currency,
            "currencies": [row[0] for row in sums],
            "billable_count": count,
            "billable_amount": amount,
            "ticked_ids": set(ticked),
            "estimate": self._get_estimate(ticked),
            "receiver_issues": receiver._skydrop_get_receiver_issues(),
        }

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
            return self._get_deposits(ids)._get_estimate()
        except BadRequest as error:
            return self._error_values("malformed", error.description)
        except NotFound:
            return self._error_values(
                "not_found", request.env._("This deposit does not exist.")
            )
        except BillingError as error:
            return self._error_values(error.code, str(error))

    def _get_estimate(self, deposit_ids):
        """:return: figures of the card for deposits that are ticked when the page
        opens; None if there are none or they cannot be invoiced together any more"""
        try:
            return deposit_ids and self._get_deposits(deposit_ids)._get_estimate()
        except (BillingError, NotFound):
            return None

    def _error_values(self, code, message):
        return {"error": {"code": code, "message": message}}

    # ------------------------------------------------------------------
    # Billing: preview and generate
    # ------------------------------------------------------------------

    @route(
        f"{BILLING_URL}/preview",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_billing_preview_choose(self, **post):
        """Remember the choice and lead to its own page, which can be reloaded."""
        choice = self._parse_choice()
        if not choice["deposit_ids"]:
            return request.redirect(f"{BILLING_URL}?empty=1", code=303)
        self._check_choice(choice)
        key = self._remember_choice(choice)
        return request.redirect(f"{BILLING_URL}/preview?choice={key}", code=303)

    @route(
        f"{BILLING_URL}/preview",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_billing_preview(self, choice=None, changed=None, **kw):
        remembered = self._recall_choice(choice)
        if not remembered:
            return request.redirect(BILLING_URL)
        values = self._prepare_preview_values(choice, remembered)
        values["changed"] = bool(changed)
        return request.render("skydrop_facturacion.portal_billing_preview", values)

    def _prepare_preview_values(self, key, choice):
        deposits, receiver, move_values = self._check_choice(choice)
        values = {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_preview"),
            "choice_key": key,
            "choice": choice,
            "deposits": deposits,
            "receiver": receiver,
        }
        try:
            document = (
                request.env["skydrop.invoice.document"]
                .sudo()
                ._from_deposits(deposits, receiver, move_values)
            )
        except BillingError as error:
            return {**values, "error": str(error), "document": None}
        return {
            **values,
            "document": document,
            "fingerprint": deposits._get_fingerprint(document),
        }

    @route(
        f"{BILLING_URL}/generate",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_billing_generate(self, fingerprint=None, **post):
        """Generate what the preview showed; every answer leads to the one invoice."""
        if not fingerprint:
            raise BadRequest()
        choice = self._parse_choice()
        deposits, receiver, move_values = self._check_choice(choice)
        try:
            invoice = deposits._generate_from_preview(
                fingerprint, receiver, move_values
            )
        except BillingError:
            # The page of the preview says what is wrong now.
            key = self._remember_choice(choice)
            return request.redirect(
                f"{BILLING_URL}/preview?choice={key}&changed=1", code=303
            )
        return request.redirect(f"/my/invoices/{invoice.id}?generated=1", code=303)

    # ------------------------------------------------------------------
    # Choice of deposits
    # ------------------------------------------------------------------

    def _parse_choice(self):
        """Read the form of the ticks or of the preview.

        :return: ``deposit_ids`` (list of int), ``receiver_id`` (int or None),
            ``payment_form`` and ``note`` (str)
        :rtype: dict
        :raise BadRequest: malformed input
        """
        form = request.httprequest.form
        receiver_id = form.get("receiver_id") or None
        return {
            "deposit_ids": self._parse_ids(form.getlist("deposit_ids")),
            "receiver_id": self._parse_ids([receiver_id])[0] if receiver_id else None,
            "payment_form": form.get("payment_form") or "",
            "note": (form.get("note") or "").strip()[:MAX_NOTE_LENGTH],
        }

    def _parse_ids(self, raw_ids):
        """:return: the distinct ids, in the order given
        :raise BadRequest: not a list of positive numbers
        """
        if not isinstance(raw_ids, list):
            raise BadRequest()
        try:
            ids = [int(str(raw_id)) for raw_id in raw_ids]
        except ValueError:
            raise BadRequest() from None
        if any(not 0 < record_id < 2**31 for record_id in ids):
            raise BadRequest()
        return list(dict.fromkeys(ids))

    def _check_choice(self, choice):
        """Turn a choice into records of the customer.

        :return: deposits and receiver (with ``sudo``), values for the invoice
        :rtype: tuple
        :raise NotFound: something is not the customer's, or does not exist
        :raise BadRequest: a payment form that none of the deposits has
        """
        deposits = self._get_deposits(choice["deposit_ids"])
        receiver = self._get_default_receiver()
        if choice["receiver_id"]:
            receiver = receiver._skydrop_get_receivers().filtered(
                lambda partner: partner.id == choice["receiver_id"]
            )
            if not receiver:
                raise NotFound()
        move_values = {}
        if choice["payment_form"]:
            if choice["payment_form"] not in deposits.mapped("payment_form"):
                raise BadRequest()
            move_values["skydrop_payment_form"] = choice["payment_form"]
        if choice["note"]:
            move_values["narration"] = plaintext2html(choice["note"])
        return deposits, receiver, move_values

    def _get_deposits(self, deposit_ids):
        """:return: the customer's deposits with these ids, oldest first, with ``sudo``
        :raise NotFound: one of them is not the customer's, or does not exist
        """
        deposits = (
            request.env["skydrop.deposit"]
            .sudo()
            .with_context(active_test=False)
            .search(
                self._get_movements_domain() & Domain("id", "in", deposit_ids),
                order="date, id",
            )
        )
        if len(deposits) != len(deposit_ids):
            raise NotFound()
        return deposits

    # ------------------------------------------------------------------
    # Remembered choices
    # ------------------------------------------------------------------

    def _remember_choice(self, choice):
        """Keep a choice in the session under a key of its own, so that two tabs do not
        mix; the last few are kept.

        :return: the key
        :rtype: str
        """
        digest = hashlib.sha256(json.dumps(choice, sort_keys=True).encode())
        key = digest.hexdigest()[:12]
        choices = dict(request.session.get("skydrop_choices") or {})
        choices.pop(key, None)
        choices[key] = choice
        recent = list(choices)[-MAX_REMEMBERED_CHOICES:]
        request.session["skydrop_choices"] = {name: choices[name] for name in recent}
        return key

    def _recall_choice(self, key):
        """:return: a remembered choice, or None"""
        return (request.session.get("skydrop_choices") or {}).get(key)
