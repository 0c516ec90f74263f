from unittest.mock import patch

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.modules.module import (
    Manifest,
    MissingDependency,
    check_python_external_dependency,
)
from odoo.tests import Form, tagged

from ..exceptions import BillingError
from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestSetUp(SkydropCommon):
    def test_mexican_company_is_ready(self):
        self.assertEqual(self.company._skydrop_get_set_up_issues(), [])
        self.assertEqual(self.company.skydrop_journal_id.type, "sale")
        self.assertEqual(self.product.taxes_id, self.company.account_sale_tax_id)
        self.assertEqual(self.company.skydrop_tz, "America/Mexico_City")
        self.assertEqual(self.company.skydrop_support_email, "hola@skydropx.com")

    def test_set_up_twice_changes_nothing(self):
        before = (self.product, self.company.skydrop_journal_id)
        self.company._skydrop_set_up()
        self.assertEqual(
            before,
            (self.company.skydrop_product_id, self.company.skydrop_journal_id),
        )

    def test_other_company_is_told_what_is_missing(self):
        company = self.env["res.company"].create({"name": "Sin contabilidad"})
        issues = company._skydrop_get_set_up_issues()
        self.assertEqual(len(issues), 3)
        settings = self.env["res.config.settings"].with_company(company).create({})
        for issue in issues:
            self.assertIn(issue, settings.skydrop_set_up_issues)

    def test_mexican_chart_loaded_later(self):
        company = self.env["res.company"].create(
            {"name": "Recién llegada", "country_id": self.env.ref("base.mx").id}
        )
        self.env["account.chart.template"].try_loading("mx", company)
        self.assertEqual(company._skydrop_get_set_up_issues(), [])
        self.assertEqual(company.skydrop_product_id.company_id, company)

    def test_product_without_tax(self):
        self.product.taxes_id = False
        self.assertEqual(self.company._skydrop_get_set_up_issues(), [])
        settings = self.env["res.config.settings"].create({})
        self.assertIn(self.product.display_name, settings.skydrop_set_up_warnings)

    def test_withholdings_and_ieps_are_refused(self):
        withholding = self.tax.copy({"name": "Retención ISR", "amount": -10})
        ieps = self.tax.copy({"name": "IEPS 8%", "amount": 8})
        group = self.tax.copy(
            {
                "name": "IVA y retención",
                "amount_type": "group",
                "children_tax_ids": [Command.set((self.tax + withholding).ids)],
            }
        )
        for tax in (withholding, ieps, group):
            with self.subTest(tax.name):
                other = self.product.copy({"taxes_id": [Command.set(tax.ids)]})
                with self.assertRaisesRegex(ValidationError, "only IVA"):
                    self.company.skydrop_product_id = other
                self.env.invalidate_all()
        # Also where the tax is changed behind the settings' back.
        self.product.taxes_id = ieps
        with self.assertRaisesRegex(BillingError, "only IVA"):
            self._create_deposits(100)._create_invoices()

    def test_older_num2words_is_refused(self):
        """The words of 21,000 and of exact millions are wrong before 0.5.13."""
        (needed,) = (
            package
            for package in Manifest.for_addon("skydrop_facturacion")[
                "external_dependencies"
            ]["python"]
            if package.startswith("num2words")
        )
        check_python_external_dependency(needed)
        with (
            patch("importlib.metadata.version", return_value="0.5.12"),
            self.assertRaisesRegex(MissingDependency, "0.5.12"),
        ):
            check_python_external_dependency(needed)

    def test_settings_form(self):
        with Form(self.env["res.config.settings"]) as settings:
            settings.skydrop_support_email = "ayuda@example.com"
        settings.record.execute()
        self.assertEqual(self.company.skydrop_support_email, "ayuda@example.com")
