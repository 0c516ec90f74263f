from odoo import api, models


class SkydropInvoiceDocument(models.AbstractModel):
    """The invoice that a part of a split would become."""

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
