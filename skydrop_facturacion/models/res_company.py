import pytz

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    skydrop_support_email = fields.Char(
        string="Support Address",
        default="hola@skydropx.com",
        help="Where customers find help, and where their requests are mailed to.",
    )
    skydrop_tz = fields.Selection(
        selection=lambda self: self._selection_skydrop_tz(),
        string="Invoicing Time Zone",
        default="America/Mexico_City",
        required=True,
        help="Days and months of deposits and invoices are those of this zone.",
    )
    skydrop_product_id = fields.Many2one(
        comodel_name="product.product",
        string="Deposit Product",
        check_company=True,
        help="Product of the invoice lines; its taxes are those of the invoices.",
    )
    skydrop_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Deposit Journal",
        domain="[('type', '=', 'sale')]",
        check_company=True,
    )
    skydrop_reconcile = fields.Boolean(
        string="Reconcile with Payments",
        default=True,
        help="Reconcile invoices with the payments of their deposits when they are"
        " posted.",
    )
    skydrop_help_url = fields.Char(
        string="Help Page",
        help="Linked at the end of each page of the customer's portal.",
    )

    def _selection_skydrop_tz(self):
        return [(zone, zone) for zone in pytz.common_timezones]

    def _skydrop_set_up(self):
        """Give companies what they need to invoice deposits, where it is missing and
        their chart of accounts offers it. Changes no accounting setting."""
        for company in self:
            company = company.with_company(company)
            if not company.skydrop_journal_id:
                company.skydrop_journal_id = company._skydrop_find_journal()
            if not company.skydrop_product_id and company.account_sale_tax_id:
                company.skydrop_product_id = self.env["product.product"].create(
                    company._skydrop_prepare_product_values()
                )

    def _skydrop_find_journal(self):
        """:return: the company's first sales journal, which its invoices already use"""
        self.ensure_one()
        Journal = self.env["account.journal"]
        return Journal.search(
            [*Journal._check_company_domain(self), ("type", "=", "sale")], limit=1
        )

    def _skydrop_prepare_product_values(self):
        self.ensure_one()
        return {
            "name": "Recarga de saldo prepago",
            "default_code": "RECARGA",
            "type": "service",
            "list_price": 0.0,
            "sale_ok": True,
            "purchase_ok": False,
            "company_id": self.id,
            "taxes_id": [Command.set(self.account_sale_tax_id.ids)],
            "supplier_taxes_id": [Command.clear()],
        }

    def _skydrop_get_set_up_issues(self):
        """What is missing before deposits of the company can be invoiced.

        :return: a sentence for each thing missing, none if invoicing can start
        :rtype: list[str]
        """
        self.ensure_one()
        return [
            *self._skydrop_get_chart_issues(),
            *self._skydrop_get_journal_issues(),
            *self._skydrop_get_product_issues(),
        ]

    def _skydrop_get_chart_issues(self):
        if self.chart_template:
            return []
        return [
            self.env._("The company has no chart of accounts: choose one in Invoicing.")
        ]

    def _skydrop_get_journal_issues(self):
        if self.skydrop_journal_id:
            return []
        return [self.env._("Choose the sales journal of the invoices.")]

    def _skydrop_get_product_issues(self):
        if self.skydrop_product_id:
            return self._skydrop_get_tax_issues()
        return [self.env._("Choose the product that stands for a deposit.")]

    def _skydrop_get_tax_issues(self):
        """Withholdings and IEPS would make the total another one than the deposits'
        (design, "Money: totals").

        :return: a sentence if the product has such a tax
        :rtype: list[str]
        """
        self.ensure_one()
        refused = self._skydrop_get_product_taxes().filtered(
            lambda tax: (
                tax.amount < 0
                or tax.amount_type == "fixed"
                or tax._skydrop_get_sat_type() not in (False, "iva")
            )
        )
        return [
            self.env._(
                "Product %(product)s has the tax %(tax)s: only IVA fits deposits, no"
                " withholding and no IEPS. Take it off the product.",
                product=self.skydrop_product_id.display_name,
                tax=tax.name,
            )
            for tax in refused
        ]

    def _skydrop_get_product_taxes(self):
        """:return: the single taxes of the product in the company, groups dissolved"""
        self.ensure_one()
        taxes = self.skydrop_product_id.taxes_id._filter_taxes_by_company(self)
        return taxes.flatten_taxes_hierarchy()

    def _skydrop_get_set_up_warnings(self):
        """What the administrator should know, though invoicing works.

        :return: a sentence each
        :rtype: list[str]
        """
        self.ensure_one()
        product = self.skydrop_product_id
        if not product or self._skydrop_get_product_taxes():
            return []
        return [
            self.env._(
                "Product %s has no sales tax, so invoices carry no IVA: set one unless"
                " that is right.",
                product.display_name,
            )
        ]

    @api.constrains("skydrop_product_id")
    def _check_skydrop_product_id(self):
        for company in self:
            issues = company._skydrop_get_tax_issues()
            if issues:
                raise ValidationError("\n".join(issues))
