from werkzeug.exceptions import NotFound

from odoo.http import request, route

from ..exceptions import BillingError
from ..models.res_partner_receiver import MAX_RECEIVERS, RECEIVER_FIELDS
from ..tools import sat
from .portal import BILLING_URL, SkydropPortal

RECEIVERS_URL = f"{BILLING_URL}/receivers"
MAX_FIELD_LENGTH = 400


class SkydropReceivers(SkydropPortal):
    """The customer's receivers: whom invoices can be made out to."""

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    @route(
        RECEIVERS_URL,
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_receivers(self, **kw):
        values = self._prepare_receivers_values()
        return request.render("skydrop_facturacion.portal_receivers", values)

    def _prepare_receivers_values(self):
        customer = self._get_customer()
        receivers = customer._skydrop_get_receivers()
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_receivers"),
            "receivers": receivers,
            "archived_receivers": customer._skydrop_get_archived_receivers(),
            "default_receiver": customer._skydrop_get_default_receiver(),
            "can_add": len(receivers - customer) < MAX_RECEIVERS,
            "notice": self._pop_notice(),
        }

    @route(
        f"{RECEIVERS_URL}/new",
        type="http",
        auth="user",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def portal_receiver_new(self, **post):
        if request.httprequest.method == "GET":
            return self._render_receiver_form(None, {})
        return self._save_receiver_form(None)

    @route(
        f"{RECEIVERS_URL}/<int:receiver_id>",
        type="http",
        auth="user",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
    )
    def portal_receiver(self, receiver_id, **post):
        receiver = self._get_receiver(receiver_id)
        if request.httprequest.method == "GET":
            return self._render_receiver_form(
                receiver, receiver._skydrop_receiver_values()
            )
        return self._save_receiver_form(receiver)

    @route(
        f"{RECEIVERS_URL}/<int:receiver_id>/default",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_receiver_default(self, receiver_id, **post):
        self._get_receiver(receiver_id)._skydrop_make_default()
        return request.redirect(RECEIVERS_URL, code=303)

    @route(
        f"{RECEIVERS_URL}/<int:receiver_id>/archive",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_receiver_archive(self, receiver_id, **post):
        try:
            self._get_receiver(receiver_id)._skydrop_archive_receiver()
        except BillingError as error:
            self._set_notice(str(error))
        return request.redirect(RECEIVERS_URL, code=303)

    @route(
        f"{RECEIVERS_URL}/<int:receiver_id>/restore",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_receiver_restore(self, receiver_id, **post):
        archived = self._get_customer()._skydrop_get_archived_receivers()
        try:
            self._pick_receiver(archived, receiver_id)._skydrop_restore_receiver()
        except BillingError as error:
            self._set_notice(str(error))
        return request.redirect(RECEIVERS_URL, code=303)

    # ------------------------------------------------------------------
    # The form
    # ------------------------------------------------------------------

    def _save_receiver_form(self, receiver):
        """Add or correct a receiver, or show the form again with what is wrong.

        :param res.partner receiver: the one to correct, None for a new one
        """
        typed, confirmed_rfc = self._parse_receiver_form()
        customer = self._get_customer()
        values, suffix = customer._skydrop_tidy_receiver_values(typed)
        if receiver and receiver._skydrop_receiver_values()["rfc"] == values["rfc"]:
            # It was confirmed when it was entered.
            confirmed_rfc = values["rfc"]
        issues = customer._skydrop_check_typed_values(values, confirmed_rfc)
        try:
            if not issues:
                receiver = self._store_receiver(receiver, values)
        except BillingError as error:
            issues = [(error.field, error.code, str(error))]
        if suffix:
            self._set_notice(customer._skydrop_get_suffix_message(suffix))
        if issues:
            return self._render_receiver_form(receiver, values, issues, confirmed_rfc)
        if request.httprequest.form.get("next") == "billing":
            return request.redirect(f"{BILLING_URL}?saved=1", code=303)
        return request.redirect(RECEIVERS_URL, code=303)

    def _store_receiver(self, receiver, values):
        if receiver is None:
            return self._get_customer()._skydrop_create_receiver(values)
        saved = receiver._skydrop_correct_receiver(values)
        if saved != receiver:
            self._set_notice(
                request.env._(
                    "Another RFC is another receiver: it was added, and the one before"
                    " stays in your list."
                )
            )
        return saved

    def _render_receiver_form(self, receiver, typed, issues=(), confirmed_rfc=""):
        values = {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_receiver"),
            **self._prepare_receiver_fields(typed, issues, confirmed_rfc),
            "receiver": receiver,
            "notice": self._pop_notice(),
            "next": request.params.get("next") == "billing" and "billing" or "",
        }
        return request.render("skydrop_facturacion.portal_receiver", values)

    def _parse_receiver_form(self):
        """Return what was typed, by the keys of ``_skydrop_receiver_values``, and the
        RFC whose check digit was confirmed"""
        form = request.httprequest.form
        typed = {
            key: self._parse_text(form.get(key), MAX_FIELD_LENGTH)
            for key in RECEIVER_FIELDS
        }
        return typed, sat.normalize_rfc(
            self._parse_text(form.get("confirm_rfc"), MAX_FIELD_LENGTH)
        )

    # ------------------------------------------------------------------
    # Whose
    # ------------------------------------------------------------------

    def _get_receiver(self, receiver_id):
        """:return: the customer's receiver with this id, with ``sudo``
        :raise NotFound: it is not the customer's, or does not exist
        """
        receivers = self._get_customer()._skydrop_get_receivers()
        return self._pick_receiver(receivers, receiver_id)

    def _pick_receiver(self, receivers, receiver_id):
        receiver = receivers.filtered(lambda partner: partner.id == receiver_id)
        if not receiver:
            raise NotFound()
        return receiver

    # Odoo's own page of addresses. Its form would detach a receiver.
    def _prepare_address_data(self, partner_sudo, **_kwargs):
        data = super()._prepare_address_data(partner_sudo, **_kwargs)
        return {
            key: addresses.filtered(lambda p: not p._skydrop_is_extra_receiver())
            for key, addresses in data.items()
        }
