from odoo.tests import Form, tagged

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
        (issue,) = self.company._skydrop_get_set_up_issues()
        self.assertIn(self.product.display_name, issue)

    def test_settings_form(self):
        with Form(self.env["res.config.settings"]) as settings:
            settings.skydrop_support_email = "ayuda@example.com"
        settings.record.execute()
        self.assertEqual(self.company.skydrop_support_email, "ayuda@example.com")
