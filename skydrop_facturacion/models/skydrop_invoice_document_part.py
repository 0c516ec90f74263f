from odoo import api, models
from odoo.tools import plaintext2html

from .account_move import FROZEN_FIELDS


class SkydropInvoiceDocument(models.AbstractModel):
    """The invoices that would take the place of one that is edited or split."""

    _inherit = "skydrop.invoice.document"

    @api.model
    def _from_part(self, invoice, part):
        """Content of the invoice of a part, by the tax engine; nothing is written.

        :param account.move invoice: the invoice that is split
        :param dict part: values of a ``skydrop.change.request.part``
        :rtype: dict
        """
        receiver = self.env["res.partner"].browse(part["receiver_id"])
        amounts = {
            int(deposit_id): amount
            for deposit_id, amount in part["deposit_amounts"].items()
        }
        deposits = self.env["skydrop.deposit"].browse(amounts)
        return self._prepare_preview(
            deposits,
            amounts,
            receiver,
            fiscal=(
                invoice._skydrop_invoice_fiscal_values()
                if receiver == invoice.partner_id
                else receiver._skydrop_receiver_values()
            ),
            invoice_date=deposits._get_invoice_date(invoice.company_id),
            payment_form=invoice.skydrop_payment_form,
            note=invoice.narration,
        )

    @api.model
    def _from_edit(self, invoice, receiver, wanted, deposits):
        """Content of the invoice that an edit asks for; nothing is written.

        :param account.move invoice: the invoice to edit
        :param res.partner receiver: partner of the edited invoice
        :param dict wanted: see ``skydrop.change.request._get_wanted_values``
        :param skydrop.deposit deposits: those that stay on the invoice
        :rtype: dict
        """
        claims = invoice._skydrop_get_claims()
        amounts = {deposit.id: claims[deposit.id] for deposit in deposits}
        payment_form = wanted["payment_form"]
        if payment_form not in deposits.mapped("payment_form"):
            payment_form = deposits._get_payment_form(amounts)
        return self._prepare_preview(
            deposits,
            amounts,
            receiver,
            fiscal={key: wanted[key] for key in FROZEN_FIELDS},
            invoice_date=deposits._get_invoice_date(invoice.company_id),
            payment_form=payment_form,
            note=plaintext2html(wanted["note"]) if wanted["note"] else "",
        )
