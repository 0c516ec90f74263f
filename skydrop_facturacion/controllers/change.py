import logging

from werkzeug.exceptions import BadRequest, NotFound

from odoo.http import request, route

from ..exceptions import BillingError
from .choice import SkydropChoice
from .invoices import SkydropInvoices
from .uploads import read_attachments

_logger = logging.getLogger(__name__)

REQUEST_TYPES = ("modify", "cancel", "split")
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
        values = {**self._prepare_change_values(invoice, request_type), **answer}
        return request.render(self._get_change_template(values), values)

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    def _get_change_template(self, values):
        page = values["request_type"] or "choice"
        if not values["can_be_changed"] or values["consequence"] == "support":
            page = "choice"
        elif page == "split":
            page = values["split_page"]
        return f"skydrop_facturacion.portal_change_{page}"

    def _prepare_change_values(self, invoice, request_type):
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_change"),
            "invoice": invoice,
            "request_type": request_type if request_type in REQUEST_TYPES else None,
            "can_be_changed": invoice._skydrop_can_be_changed(),
            "consequence": invoice._skydrop_get_consequence(),
            "receivers": self._get_change_receivers(invoice),
            "current": self._get_request_model()._get_current_values(invoice),
            "typed": {},
            "issues": {},
            "error": None,
        }

    def _render_change_error(self, invoice, request_type, form, error):
        values = self._prepare_change_values(invoice, request_type)
        values["error"] = str(error)
        values["issues"] = {error.field: str(error)} if error.field else {}
        values["typed"] = form.to_dict()
        values["had_files"] = any(request.httprequest.files.getlist("attachments"))
        if request_type == "modify":
            values["kept_ids"] = self._parse_ids(form.getlist("deposit_ids"))
        if request_type == "split":
            values.update(self._prepare_split_values(invoice, form))
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

    def _submit_modify(self, invoice, form):
        deposit_ids = self._parse_ids(form.getlist("deposit_ids"))
        deposits = invoice.skydrop_deposit_ids.filtered(
            lambda deposit: deposit.id in deposit_ids
        )
        if len(deposits) != len(deposit_ids):
            raise NotFound()
        return self._get_request_model()._create_modify(
            invoice,
            self._get_change_receiver(invoice, form.get("receiver_id")),
            {key: form[key][:500] for key in EDITABLE if key in form},
            deposits,
            **self._read_common(form),
        )

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
