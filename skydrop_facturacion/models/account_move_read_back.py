from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """What the shipping platform reads back of an invoice."""

    # A file of its own: addons that stamp invoices extend this part.
    _inherit = "account.move"

    def _skydrop_get_status(self):
        """What the API tells of an invoice or credit note of deposits; ``uuid`` is that
        of the CFDI, if one is attached.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "id": self.id,
            "number": self.name if self.name and self.name != "/" else False,
            "type": "credit_note" if self.move_type == "out_refund" else "invoice",
            "state": "cancelled" if self.state == "cancel" else self.state,
            "date": self.invoice_date.isoformat() if self.invoice_date else False,
            "total": f"{self.amount_total:.2f}",
            "uuid": self.skydrop_cfdi_uuid or False,
        }

    def _skydrop_get_files(self):
        """The files that the API gives of an invoice: the PDF, which is made at first
        need and stays the last one the customer knew after a cancellation, then those
        of the CFDI.

        :return: ``(name, mimetype, bytes)`` of each
        :rtype: list[tuple]
        :raise UserError: there are none
        """
        self.ensure_one()
        self._skydrop_ensure_pdf()
        pdf = self.invoice_pdf_report_id or self.skydrop_last_pdf_id
        files = [(pdf.name, pdf.mimetype, pdf.raw)] if pdf else []
        files += self._skydrop_fiscal_files()
        if not files:
            raise UserError(
                self.env._(
                    "There are no files of %s: an invoice has them once it is posted.",
                    self.display_name,
                )
            )
        return files
