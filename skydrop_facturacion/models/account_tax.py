from odoo import Command, api, models


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _skydrop_get_sat_type(self):
        """Return ``iva``, ``ieps``, ``isr``, …, as the localization says it, or False
        without a Mexican chart; IEPS is also known by its name"""
        self.ensure_one()
        if (
            "ieps" in (self.name or "").lower()
            or "ieps" in (self.tax_group_id.name or "").lower()
        ):
            return "ieps"
        return "l10n_mx_tax_type" in self._fields and self.l10n_mx_tax_type

    @api.model
    def _skydrop_prepare_gross_base_lines(
        self, amounts, *, company, currency, product, taxes, rate=1.0
    ):
        """Base lines whose totals are the given amounts to the cent, taxes included.

        The tax engine takes the taxes out of all amounts and rounds them together;
        then the base of each line becomes its amount less its taxes, so that neither
        the rounding per line nor the global one moves a cent between lines
        (design, "Money: totals").

        :param list[float] amounts: one amount a line, in ``currency``, taxes included
        :param res.company company: the company that issues the document
        :param res.currency currency: currency of the amounts
        :param product.product product: product of every line
        :param account.tax taxes: taxes of every line, a fiscal position applied
        :param float rate: units of ``currency`` for one of the company's currency
        :return: base lines with their tax details, rounded, ready for
            ``_get_tax_totals_summary`` and for ``_skydrop_prepare_line_values``
        :rtype: list[dict]
        """
        # Lines that differ in nothing but their price.
        prepared = self._prepare_base_line_for_taxes_computation(
            {},
            company_id=company,
            currency_id=currency,
            product_id=product,
            tax_ids=taxes,
            quantity=1.0,
            rate=rate,
            special_mode="total_included",
            computation_key="skydrop_deposits",
        )
        base_lines = [{**prepared, "price_unit": amount} for amount in amounts]
        self._add_tax_details_in_base_lines(base_lines, company)
        self._round_base_lines_tax_details(base_lines, company)
        for base_line, amount in zip(base_lines, amounts, strict=True):
            self._skydrop_set_base_to_reach(base_line, amount, company)
        self._fix_base_lines_tax_details_on_manual_tax_amounts(base_lines, company)
        return base_lines

    @api.model
    def _skydrop_set_base_to_reach(self, base_line, amount, company):
        """Set the base of one rounded base line to ``amount`` less its taxes, in
        both currencies.

        :param dict base_line: a rounded base line; changed in place
        :param float amount: total of the line in its own currency, taxes included
        :param res.company company: the company that issues the document
        """
        details = base_line["tax_details"]
        rate = base_line["rate"]
        company_amount = amount
        if base_line["currency_id"] != company.currency_id:
            company_amount = company.currency_id.round(amount / rate) if rate else 0.0
        for suffix, currency, total in (
            ("_currency", base_line["currency_id"], amount),
            ("", company.currency_id, company_amount),
        ):
            taxes = sum(data[f"tax_amount{suffix}"] for data in details["taxes_data"])
            base = currency.round(total - taxes)
            details[f"total_excluded{suffix}"] = base
            details[f"delta_total_excluded{suffix}"] = 0.0
            details[f"total_included{suffix}"] = total
            for tax_data in details["taxes_data"]:
                tax_data[f"base_amount{suffix}"] = base

    @api.model
    def _skydrop_get_totals(self, base_lines):
        """Sum gross base lines up: what ``_get_tax_totals_summary`` says too, which
        also groups them by tax, and takes a fifth of the time of an estimate for that.

        :param list[dict] base_lines: from ``_skydrop_prepare_gross_base_lines``, of
            one currency
        :return: subtotal and taxes in that currency
        :rtype: tuple[float, float]
        """
        subtotal = tax = 0.0
        for base_line in base_lines:
            details = base_line["tax_details"]
            subtotal += details["total_excluded_currency"]
            tax += sum(data["tax_amount_currency"] for data in details["taxes_data"])
        return subtotal, tax

    @api.model
    def _skydrop_prepare_line_values(self, base_line):
        """Values of the invoice line that reproduces a gross base line.

        :param dict base_line: from ``_skydrop_prepare_gross_base_lines``
        :return: ``price_unit`` (unrounded, without those taxes that are not included
            in prices), ``quantity``, ``tax_ids``, ``extra_tax_data``; and what Odoo
            makes of these, ``amount_currency`` and ``balance``, or it would write
            them line by line
        :rtype: dict
        """
        details = base_line["tax_details"]
        taxes = base_line["tax_ids"].flatten_taxes_hierarchy()
        if not all(tax.price_include for tax in taxes):
            base_line["price_unit"] = details["raw_total_excluded_currency"]
        return {
            "price_unit": base_line["price_unit"],
            "quantity": 1.0,
            "tax_ids": [Command.set(base_line["tax_ids"].ids)],
            "extra_tax_data": self._export_base_line_extra_tax_data(base_line),
            "amount_currency": -details["total_excluded_currency"],
            "balance": -details["total_excluded"],
        }
