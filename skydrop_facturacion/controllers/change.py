import logging

from werkzeug.exceptions import BadRequest, NotFound

from odoo.http import request, route

from ..exceptions import BillingError
from ..tools import sat
from .choice import SkydropChoice
from .invoices import SkydropInvoices
from .uploads import read_attachments

_logger = logging.getLogger(__name__)

REQUEST_TYPES = ("modify", "cancel", "split")
# What it asks for is shown before it is sent.
PREVIEWED = ("modify", "split")
EDITABLE = (
    "legal_name",
    "rfc",
    "fiscal_regime",
    "zip",
    "cfdi_use",
    "payment_form",
    "note",
)


class SkydropChange(SkydropInvoices, SkydropChoice):
    """«Editar / Cancelar»: a customer asks to change an invoice, in plain forms."""

    @route(
        "/my/invoices/<int:invoice_id>/change",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_invoice_change(self, invoice_id, request_type=None, **params):
        invoice = self._get_deposit_invoice(invoice_id)
        open_request = invoice._skydrop_get_open_request()
        if open_request:
            return request.redirect(f"/my/requests/{open_request.id}?existing=1")
        values = self._prepare_change_values(invoice, request_type)
        if values["request_type"] == "split":
            values.update(self._prepare_split_values(invoice, params))
        return request.render(self._get_change_template(values), values)

    @route(
        "/my/invoices/<int:invoice_id>/change",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_invoice_change_submit(self, invoice_id, **post):
        """Send a request, or show the form once more with what is wrong in it. A second
        click leads to the request of the first one."""
        invoice = self._get_deposit_invoice(invoice_id)
        form = request.httprequest.form
        request_type = form.get("request_type")
        if request_type not in REQUEST_TYPES:
            raise BadRequest()
        submit = {
            "modify": self._submit_modify,
            "cancel": self._submit_cancel,
            "split": self._submit_split,
        }
        try:
            # Nothing half-made is kept when it is refused.
            with request.env.cr.savepoint():
                answer = submit[request_type](invoice, form)
        except BillingError as error:
            return self._render_change_error(invoice, request_type, form, error)
        except OSError:
            _logger.exception("A request for %s could not be stored", invoice.name)
            error = BillingError(
                "storage",
                request.env._(
                    "Your files could not be stored just now, so nothing was sent. Try"
                    " again in a few minutes."
                ),
            )
            return self._render_change_error(invoice, request_type, form, error)
        if not isinstance(answer, dict):
            return request.redirect(f"/my/requests/{answer.id}?sent=1", code=303)
        values = self._prepare_change_values(invoice, request_type, form)
        values.update(answer)
        return request.render(self._get_change_template(values), values)

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    def _get_change_template(self, values):
        page = values["page"]
        if not values["can_be_changed"] or values["consequence"] == "support":
            page = "choice"
        return f"skydrop_facturacion.portal_change_{page}"

    def _prepare_change_values(self, invoice, request_type, form=None):
        """Values of every page.

        :param form: what was typed so far, if anything was
        """
        request_type = request_type if request_type in REQUEST_TYPES else None
        current = self._get_request_model()._get_current_values(invoice)
        typed = {**current, **(form.to_dict() if form else {})}
        typed["rfc"] = sat.normalize_rfc(typed["rfc"])
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_change"),
            **self._prepare_receiver_fields(typed),
            "invoice": invoice,
            "request_type": request_type,
            "page": request_type or "choice",
            "can_be_changed": invoice._skydrop_can_be_changed(),
            "consequence": invoice._skydrop_get_consequence(),
            "age": invoice._skydrop_get_age(),
            "receivers": self._get_change_receivers(invoice),
            "kept_ids": invoice.skydrop_deposit_ids.ids,
            "error": None,
        }

    def _render_change_error(self, invoice, request_type, form, error):
        """The form once more, each field that is wrong marked; what is wrong with the
        files is said where they are chosen."""
        values = self._prepare_change_values(invoice, request_type, form)
        values["error"] = str(error)
        values["receiver_issues"] = error.issues
        values["field_issues"] = {issue[0]: issue for issue in reversed(error.issues)}
        values["had_files"] = any(request.httprequest.files.getlist("attachments"))
        if request_type == "modify":
            values.update(self._prepare_modify_values(invoice, form))
        if request_type == "split":
            values.update(self._prepare_split_values(invoice, form))
        if error.field == "attachments" and request_type in PREVIEWED:
            values.update(self._preview_change(invoice, request_type, form))
        response = request.render(self._get_change_template(values), values)
        response.status_code = 400
        return response

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _get_request_model(self):
        return request.env["skydrop.change.request"].sudo()

    def _get_change_receivers(self, invoice):
        """:return: whom the changed invoice can be made out to, with ``sudo``"""
        return (
            invoice.partner_id
            | invoice._skydrop_get_customer().sudo()[:1]._skydrop_get_receivers()
        )

    def _get_change_receiver(self, invoice, raw_id):
        """:return: the receiver of a form; the invoice's own where none is named
        :raise NotFound: it is not the customer's, or does not exist
        """
        if not raw_id:
            return invoice.partner_id
        (receiver_id,) = self._parse_ids([raw_id])
        receiver = self._get_change_receivers(invoice).filtered(
            lambda partner: partner.id == receiver_id
        )
        if not receiver:
            raise NotFound()
        return receiver

    def _preview_change(self, invoice, request_type, form):
        """:return: the values of the page that shows what is asked for
        :raise BillingError: what was typed is wrong
        """
        preview = {"modify": self._preview_modify, "split": self._preview_split}
        return preview[request_type](invoice, form)

    # ------------------------------------------------------------------
    # Edit
    # ------------------------------------------------------------------

    def _read_modify(self, invoice, form):
        """:return: receiver, what was typed, the deposits to keep, the RFC whose check
            digit was confirmed
        :raise NotFound: something is not the customer's, or does not exist
        """
        deposit_ids = self._parse_ids(form.getlist("deposit_ids"))
        deposits = invoice.skydrop_deposit_ids.filtered(
            lambda deposit: deposit.id in deposit_ids
        )
        if len(deposits) != len(deposit_ids):
            raise NotFound()
        receiver = self._get_change_receiver(invoice, form.get("receiver_id"))
        typed = {key: form[key][:500] for key in EDITABLE if key in form}
        confirmed_rfc = sat.normalize_rfc((form.get("confirm_rfc") or "")[:20])
        return receiver, typed, deposits, confirmed_rfc

    def _prepare_modify_values(self, invoice, form):
        """Values of the form of an edit, as it was typed so far."""
        receiver, typed, deposits, confirmed_rfc = self._read_modify(invoice, form)
        wanted, suffix = self._get_request_model()._get_wanted_values(
            invoice, receiver, typed
        )
        return {
            "confirmed_rfc": confirmed_rfc,
            "kept_ids": deposits.ids,
            "receiver": receiver,
            "deposits": deposits,
            "wanted": wanted,
            "suffix_message": suffix and receiver._skydrop_get_suffix_message(suffix),
        }

    def _preview_modify(self, invoice, form):
        values = self._prepare_modify_values(invoice, form)
        choice = [values[key] for key in ("receiver", "wanted", "deposits")]
        self._get_request_model()._check_edit(
            invoice, *choice, confirmed_rfc=values["confirmed_rfc"]
        )
        Document = request.env["skydrop.invoice.document"].sudo()
        return {
            **values,
            "page": "modify_preview",
            "editable": EDITABLE,
            "document": Document._from_edit(invoice, *choice),
        }

    def _submit_modify(self, invoice, form):
        """:return: the values of the next page, or the request that was sent"""
        if form.get("action") == "preview":
            return self._preview_modify(invoice, form)
        if form.get("action") == "back":
            return self._prepare_modify_values(invoice, form)
        receiver, typed, deposits, confirmed_rfc = self._read_modify(invoice, form)
        change = self._get_request_model()._create_modify(
            invoice,
            receiver,
            typed,
            deposits,
            confirmed_rfc=confirmed_rfc,
            **self._read_common(form),
        )
        suffix_message = self._prepare_modify_values(invoice, form)["suffix_message"]
        if suffix_message:
            self._set_notice(suffix_message)
        return change

    # ------------------------------------------------------------------
    # Cancel
    # ------------------------------------------------------------------

    def _submit_cancel(self, invoice, form):
        if not form.get("confirmed"):
            raise BillingError(
                "confirmed",
                request.env._("Confirm that the invoice shall be cancelled."),
                field="confirmed",
            )
        return self._get_request_model()._create_cancel(
            invoice, form.get("reason"), **self._read_common(form)
        )

    def _read_common(self, form):
        """What each kind of request can carry."""
        return {
            "description": form.get("description") or "",
            "attachments": read_attachments(),
        }

    # Overridden where splits are read.
    def _prepare_split_values(self, invoice, params):
        raise NotImplementedError()

    def _submit_split(self, invoice, form):
        raise NotImplementedError()

    def _preview_split(self, invoice, form):
        raise NotImplementedError()
