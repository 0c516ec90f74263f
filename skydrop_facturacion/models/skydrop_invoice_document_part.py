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
        company, currency = invoice.company_id, invoice.currency_id
        receiver = self.env["res.partner"].browse(part["receiver_id"])
        amounts = {
            int(deposit_id): amount
            for deposit_id, amount in part["deposit_amounts"].items()
        }
        deposits = self.env["skydrop.deposit"].browse(amounts)
        date = deposits._get_invoice_date(company)
        base_lines = deposits._prepare_base_lines(receiver, date, amounts)
        totals = self.env["account.tax"]._get_tax_totals_summary(
            base_lines, currency, company
        )
        fiscal = (
            invoice._skydrop_invoice_fiscal_values()
            if receiver == invoice.partner_id
            else receiver._skydrop_receiver_values()
        )
        return {
            **self._prepare_parties(company, receiver, fiscal),
            **self._prepare_totals(totals, currency),
            **self._prepare_payment(invoice.skydrop_payment_form),
            "is_preview": True,
            "state": "preview",
            "number": "",
            **self._prepare_date(date),
            "lines": [
                self._prepare_line(deposit, amounts[deposit.id]) for deposit in deposits
            ],
            "note": invoice.narration or "",
            "issues": receiver._skydrop_check_receiver_values(fiscal),
        }
