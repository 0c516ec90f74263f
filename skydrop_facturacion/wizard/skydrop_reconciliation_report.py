import base64
import io

import xlsxwriter

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import date_utils

from ..models.skydrop_reconciliation import PLACES

COLUMNS = ("deposited", *PLACES)


class SkydropReconciliationReport(models.TransientModel):
    """The reconciliation of some months, by month, customer and currency: on screen,
    as a spreadsheet, on paper."""

    _name = "skydrop.reconciliation.report"
    _description = "Reconciliation Report"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._default_date_from()
    )
    date_to = fields.Date(
        string="To", required=True, default=lambda self: self._default_date_to()
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        string="Customers",
        help="Leave it empty for all.",
    )
    xlsx = fields.Binary(compute="_compute_xlsx")

    def _default_date_from(self):
        return date_utils.start_of(self._default_date_to(), "year")

    def _default_date_to(self):
        today = self.env["skydrop.deposit"]._get_invoice_date(self.env.company)
        return date_utils.end_of(today, "month")

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for report in self:
            if report.date_from > report.date_to:
                raise ValidationError(
                    self.env._("The report ends before it begins: correct the days.")
                )

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _get_domain(self):
        """:return: the rows of ``skydrop.reconciliation`` that the report counts
        :rtype: odoo.fields.Domain
        """
        self.ensure_one()
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "confirmed")
            & Domain("billing_date", ">=", self.date_from)
            & Domain("billing_date", "<=", self.date_to)
        )
        if self.partner_ids:
            customers = self.partner_ids.commercial_partner_id
            domain &= Domain("partner_id", "in", customers.ids)
        return domain

    def _get_rows(self):
        """The figures of each month, customer and currency, by one query.

        :return: ``month`` (its first day), ``customer`` (name), ``currency``
            (record), ``count`` and each of ``COLUMNS``, in the currency
        :rtype: list[dict]
        """
        groups = self.env["skydrop.reconciliation"]._read_group(
            self._get_domain(),
            ["billing_date:month", "partner_id", "currency_id"],
            ["__count", *(f"{column}:sum" for column in COLUMNS)],
        )
        rows = [
            {
                "month": month,
                "customer": customer.display_name,
                "currency": currency,
                "count": count,
                **self._round(currency, dict(zip(COLUMNS, amounts, strict=True))),
            }
            for month, customer, currency, count, *amounts in groups
        ]
        return sorted(
            rows,
            key=lambda row: (
                self._get_currency_rank(row["currency"]),
                row["month"],
                row["customer"],
            ),
        )

    def _get_currency_rank(self, currency):
        """The company's own comes first."""
        return currency != self.company_id.currency_id, currency.name

    def _round(self, currency, amounts):
        return {column: currency.round(amount) for column, amount in amounts.items()}

    def _get_sections(self):
        """The rows of each currency, with their sums; currencies are never mixed.

        :return: ``currency``, ``rows``, ``count`` and ``sums`` (of each of
            ``COLUMNS``)
        :rtype: list[dict]
        """
        sections = {}
        for row in self._get_rows():
            sections.setdefault(row["currency"], []).append(row)
        return [
            {
                "currency": currency,
                "rows": rows,
                "count": sum(row["count"] for row in rows),
                "sums": self._round(
                    currency,
                    {column: sum(row[column] for row in rows) for column in COLUMNS},
                ),
            }
            for currency, rows in sections.items()
        ]

    def _get_labels(self):
        """:return: the headings of the columns"""
        model = self.env["skydrop.reconciliation"]
        return [
            model._fields[column]._description_string(self.env) for column in COLUMNS
        ]

    def _get_columns(self):
        """:return: the names of the columns, in their order"""
        return COLUMNS

    # ------------------------------------------------------------------
    # Screen, spreadsheet, paper
    # ------------------------------------------------------------------

    def action_view(self):
        """:return: the window action that shows the rows on screen"""
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id(
            "skydrop_facturacion.skydrop_reconciliation_action"
        )
        return {**action, "domain": list(self._get_domain()), "context": {}}

    def action_pdf(self):
        """:return: the action that prints the report"""
        self.check_access("read")
        report = self.env.ref("skydrop_facturacion.action_report_reconciliation")
        return report.report_action(self, config=False)

    def action_xlsx(self):
        """:return: the action that downloads the spreadsheet"""
        self.check_access("read")
        name = self._get_file_name()
        return {
            "type": "ir.actions.act_url",
            "target": "download",
            "url": f"/web/content/{self._name}/{self.id}/xlsx/{name}.xlsx?download=1",
        }

    def _get_file_name(self):
        """:return: the name of the file, without extension"""
        self.ensure_one()
        title = self.env._("Reconciliation of deposits")
        return f"{title} {self.date_from} {self.date_to}"

    @api.depends("date_from", "date_to", "partner_ids")
    def _compute_xlsx(self):
        for report in self:
            report.xlsx = base64.b64encode(report._make_xlsx())

    def _make_xlsx(self):
        """:return: the spreadsheet: one sheet a currency, figures as numbers
        :rtype: bytes
        """
        output = io.BytesIO()
        options = {"in_memory": True, "default_date_format": "mmm yyyy"}
        with xlsxwriter.Workbook(output, options) as book:
            sections = self._get_sections()
            for section in sections:
                self._write_sheet(book, section)
            if not sections:
                book.add_worksheet(self.env._("No deposits"))
        return output.getvalue()

    def _write_sheet(self, book, section):
        sheet = book.add_worksheet(section["currency"].name)
        bold = book.add_format({"bold": True})
        decimals = "0" * section["currency"].decimal_places
        pattern = f"#,##0.{decimals}" if decimals else "#,##0"
        money = book.add_format({"num_format": pattern})
        bold_money = book.add_format({"num_format": pattern, "bold": True})
        headings = (self.env._("Month"), self.env._("Customer"), self.env._("Deposits"))
        sheet.write_row(0, 0, [*headings, *self._get_labels()], bold)
        sheet.set_column(0, 0, 12)
        sheet.set_column(1, 1, 40)
        sheet.set_column(3, 2 + len(COLUMNS), 16)
        sheet.freeze_panes(1, 2)
        for number, row in enumerate(section["rows"], start=1):
            sheet.write_datetime(number, 0, row["month"])
            sheet.write_string(number, 1, row["customer"])
            sheet.write_number(number, 2, row["count"])
            sheet.write_row(number, 3, [row[column] for column in COLUMNS], money)
        last = len(section["rows"]) + 1
        sheet.write_string(last, 1, self.env._("Total"), bold)
        sheet.write_number(last, 2, section["count"], bold)
        sums = [section["sums"][column] for column in COLUMNS]
        sheet.write_row(last, 3, sums, bold_money)
