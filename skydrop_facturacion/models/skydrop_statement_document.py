from datetime import date

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import date_utils
from odoo.tools.misc import format_date

from ..tools import sat

SUMS = ("amount", "invoiced", "to_invoice", "not_billable")


class SkydropStatementDocument(models.AbstractModel):
    """What the statement of a customer's deposits shows, as plain values."""

    _name = "skydrop.statement.document"
    _description = "Content of a Statement of Deposits"

    @api.model
    def _from_period(self, customer, date_from, date_to):
        """Content of the statement, with the deposits of the current company.

        :param res.partner customer: any partner of the customer
        :param date date_from: first day, in the time zone of the company's invoicing
        :param date date_to: last day
        :rtype: dict
        """
        company = self.env.company
        domain = (
            Domain("commercial_partner_id", "=", customer.commercial_partner_id.id)
            & Domain("company_id", "=", company.id)
            & Domain("billing_date", ">=", date_from)
            & Domain("billing_date", "<=", date_to)
        )
        Deposit = self.env["skydrop.deposit"]
        deposits = Deposit.search(
            domain & Domain("state", "=", "confirmed"), order="date, id"
        )
        by_currency = deposits.grouped("currency_id")
        return {
            "company": company,
            "issuer": company.partner_id._skydrop_receiver_values(),
            "customer": customer.commercial_partner_id,
            "receiver": customer.commercial_partner_id._skydrop_receiver_values(),
            "date_from": format_date(self.env, date_from, date_format="long"),
            "date_to": format_date(self.env, date_to, date_format="long"),
            "sections": [
                self._prepare_section(currency, by_currency[currency])
                for currency in sorted(
                    by_currency,
                    key=lambda other: (other != company.currency_id, other.name),
                )
            ],
            "cancelled_count": Deposit.search_count(
                domain & Domain("state", "=", "cancelled")
            ),
        }

    @api.model
    def _prepare_section(self, currency, deposits):
        """The deposits in one currency and their sums.

        :param res.currency currency: their currency
        :param skydrop.deposit deposits: in the order of the rows
        """
        lines = [self._prepare_line(deposit) for deposit in deposits]
        return {
            "currency": currency,
            "count": len(lines),
            "lines": lines,
            "sums": {
                name: currency.round(sum(line[name] for line in lines)) for name in SUMS
            },
        }

    @api.model
    def _prepare_line(self, deposit):
        """One row; what was paid is what is invoiced, to invoice and not billable."""
        amount = deposit.amount
        invoiced, to_invoice = deposit.amount_invoiced, deposit.amount_to_invoice
        return {
            "date": deposit.billing_date,
            "reference": deposit.reference or deposit.name,
            "payment_form": sat.name_of(sat.PAYMENT_FORMS, deposit.payment_form)
            or self._get_origin_label(deposit),
            "invoices": self._get_invoice_names(deposit),
            "amount": amount,
            "invoiced": invoiced,
            "to_invoice": to_invoice,
            "not_billable": deposit.currency_id.round(amount - invoiced - to_invoice),
        }

    @api.model
    def _get_origin_label(self, deposit):
        field = deposit._fields["origin"]
        return dict(field._description_selection(self.env))[deposit.origin]

    @api.model
    def _get_invoice_names(self, deposit):
        """:return: the invoices and credit notes of a deposit, oldest first
        :rtype: list[str]
        """
        moves = deposit.invoice_line_ids.move_id
        return [
            move.name if move.state == "posted" else self.env._("Draft invoice")
            for move in moves.sorted("id")
            if move.state == "posted"
            or (move.state == "draft" and move.move_type == "out_invoice")
        ]


class ReportStatement(models.AbstractModel):
    _name = "report.skydrop_facturacion.report_statement"
    _description = "Statement of Deposits"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Values of the report for customers.

        :param list docids: ids of partners
        :param dict data: ``date_from`` and ``date_to`` as ISO dates; this month if
            there are none
        """
        data = data or {}
        Deposit = self.env["skydrop.deposit"]
        today = Deposit._get_invoice_date(self.env.company)
        return {
            "docs": self.env["res.partner"].browse(docids),
            "date_from": self._get_date(data, "date_from")
            or date_utils.start_of(today, "month"),
            "date_to": self._get_date(data, "date_to")
            or date_utils.end_of(today, "month"),
            "report_type": data.get("report_type"),
        }

    @api.model
    def _get_date(self, data, key):
        try:
            return date.fromisoformat(data.get(key))
        except (TypeError, ValueError):
            return None
