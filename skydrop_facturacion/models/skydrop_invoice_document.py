from babel.dates import format_date

from odoo import api, models

from ..tools import sat
from ..tools.amount_in_words import amount_in_words


class SkydropInvoiceDocument(models.AbstractModel):
    """What the body of an invoice shows, as plain values.

    The same template draws the preview of an invoice that does not exist yet, the page
    and the PDF; this model makes its values from deposits or from an invoice.
    """

    _name = "skydrop.invoice.document"
    _description = "Content of a Deposit Invoice"

    @api.model
    def _from_deposits(self, deposits, receiver=None, values=None, amounts=None):
        """Content of the invoice that would be generated now; nothing is written.

        :param skydrop.deposit deposits: billable deposits of one customer
        :param res.partner receiver: partner of the invoice; by default the customer
        :param dict values: values of ``account.move`` that the customer chose
        :param dict amounts: amount to claim by id of deposit; by default all that is
            left to invoice
        :rtype: dict
        :raise BillingError: the deposits cannot be invoiced together
        """
        deposits._check_billable_together()
        values = values or {}
        amounts = deposits._get_amounts_to_claim(amounts)
        receiver = receiver or deposits._get_default_receiver()
        invoice_date = values.get("invoice_date") or deposits._get_invoice_date()
        payment_form = values.get("skydrop_payment_form")
        document = self._prepare_preview(
            deposits,
            amounts,
            receiver,
            fiscal=deposits._get_fiscal_values(receiver, values),
            invoice_date=invoice_date,
            payment_form=payment_form or deposits._get_payment_form(amounts),
            # HTML: escaped by plaintext2html where a customer typed it, sanitized by
            # the field once it is stored.
            note=values.get("narration"),
        )
        return {**document, "issues": deposits._get_fiscal_issues(receiver, values)}

    @api.model
    def _prepare_preview(
        self,
        deposits,
        amounts,
        receiver,
        *,
        fiscal,
        invoice_date,
        payment_form,
        note,
    ):
        """Content of an invoice that does not exist yet, by the tax engine.

        :param skydrop.deposit deposits: of one company and one currency
        :param dict amounts: amount to claim by id of deposit, taxes included
        :param res.partner receiver: partner of the invoice
        :param dict fiscal: its data, see ``res.partner._skydrop_receiver_values``
        :param date invoice_date: date of the invoice
        :param str payment_form: SAT code of c_FormaPago
        :param str note: HTML, or nothing
        :rtype: dict
        """
        company = deposits.company_id
        base_lines = deposits._prepare_base_lines(receiver, invoice_date, amounts)
        totals = self.env["account.tax"]._get_tax_totals_summary(
            base_lines, deposits.currency_id, company
        )
        return {
            **self._prepare_parties(company, receiver, fiscal),
            **self._prepare_totals(totals, deposits.currency_id),
            **self._prepare_payment(payment_form),
            "is_preview": True,
            "state": "preview",
            "number": "",
            **self._prepare_date(invoice_date),
            "lines": [
                self._prepare_line(deposit, amounts[deposit.id]) for deposit in deposits
            ],
            "note": note or "",
            "issues": receiver._skydrop_check_receiver_values(fiscal),
        }

    @api.model
    def _from_move(self, move):
        """Content of an existing invoice.

        :param account.move move: an invoice with lines of deposits
        :rtype: dict
        """
        move.ensure_one()
        fiscal = move._skydrop_invoice_fiscal_values()
        return {
            **self._prepare_parties(move.company_id, move.partner_id, fiscal),
            **self._prepare_totals(move.tax_totals, move.currency_id),
            **self._prepare_payment(move.skydrop_payment_form),
            "is_preview": False,
            "state": move.state,
            "number": move.name or "",
            **self._prepare_date(move.invoice_date),
            "lines": [
                self._prepare_line(line.skydrop_deposit_id, line.price_total)
                for line in move.invoice_line_ids.filtered("skydrop_deposit_id")
            ],
            "note": move.narration or "",
            "issues": [],
        }

    # ------------------------------------------------------------------
    # Parts
    # ------------------------------------------------------------------

    @api.model
    def _prepare_parties(self, company, partner, fiscal):
        issuer = company.partner_id._skydrop_receiver_values()
        return {
            "company": company,
            "issuer": self._with_names(issuer),
            "receiver_partner": partner,
            "receiver": self._with_names(fiscal),
        }

    @api.model
    def _with_names(self, fiscal):
        """Add the official names of the codes."""
        return {
            **fiscal,
            "fiscal_regime_name": sat.name_of(
                sat.FISCAL_REGIMES, fiscal["fiscal_regime"]
            ),
            "cfdi_use_name": sat.name_of(sat.CFDI_USES, fiscal["cfdi_use"]),
        }

    @api.model
    def _prepare_totals(self, totals, currency):
        """Figures in the currency of the document, from the engine's summary."""
        return {
            "currency": currency,
            "subtotal": totals["base_amount_currency"],
            "tax": totals["tax_amount_currency"],
            "taxes": [
                {
                    "label": group["group_name"],
                    "amount": currency.round(group["tax_amount_currency"]),
                }
                for subtotal in totals["subtotals"]
                for group in subtotal["tax_groups"]
            ],
            "total": totals["total_amount_currency"],
            "amount_in_words": amount_in_words(
                totals["total_amount_currency"], currency.name
            ),
        }

    @api.model
    def _prepare_payment(self, payment_form):
        return {
            "payment_form": payment_form,
            "payment_form_name": sat.name_of(sat.PAYMENT_FORMS, payment_form),
            "payment_method": "PUE",
            "payment_method_name": sat.name_of(sat.PAYMENT_METHODS, "PUE"),
        }

    @api.model
    def _prepare_date(self, date):
        """The date as Mexican invoices write it, whatever the reader's language."""
        return {
            "date": date,
            "date_in_words": date and format_date(date, format="long", locale="es_MX"),
        }

    @api.model
    def _prepare_line(self, deposit, amount):
        """One row of the table.

        :param skydrop.deposit deposit: the deposit of the row
        :param float amount: its part of the total, taxes included
        """
        return {
            "deposit_id": deposit.id,
            "reference": deposit.reference or deposit.name,
            "date": deposit.billing_date,
            "payment_form": sat.name_of(sat.PAYMENT_FORMS, deposit.payment_form),
            "amount": amount,
        }
