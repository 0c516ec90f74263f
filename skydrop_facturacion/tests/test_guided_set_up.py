from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.skydrop_set_up_check import CHECKS
from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestGuidedSetUp(SkydropCommon):
    """Eight checks, each with its sentence and its button."""

    def _checks(self, company=None):
        self.env.invalidate_all()
        company = company or self.company
        checks = self.env["skydrop.set.up.check"].search(
            [("company_id", "=", company.id)]
        )
        return {check.key: check for check in checks}

    def _states(self, company=None):
        return {key: check.state for key, check in self._checks(company).items()}

    def _load_chart(self, template, **values):
        company = self.env["res.company"].create({"name": "Recién llegada", **values})
        self.env.user.company_ids += company
        self.env["account.chart.template"].try_loading(template, company)
        return company

    def test_eight_in_order(self):
        checks = self._checks()
        self.assertEqual(tuple(checks), CHECKS)
        self.assertEqual(len(checks), 8)
        for check in checks.values():
            self.assertTrue(check.sentence)
            self.assertTrue(check.button)
            self.assertTrue(check.action_mend()["type"])

    def test_new_company_lacks_much(self):
        company = self.env["res.company"].create({"name": "Sin nada"})
        self.env.user.company_ids += company
        states = self._states(company)
        for key in ("support", "company", "chart", "product", "journal", "mail"):
            self.assertEqual(states[key], "todo", key)
        self.assertIn(
            company._skydrop_get_set_up_issues()[0],
            self._checks(company)["chart"].sentence,
        )
        missing = list(states.values()).count("todo")
        self.assertEqual(
            self.env["skydrop.set.up.check"]._count_missing(company), missing
        )
        dashboard = self.env["skydrop.dashboard"].with_company(company)
        self.assertEqual(dashboard.browse(company.id).set_up_missing, missing)

    def test_support_address_is_confirmed_or_changed(self):
        self.assertEqual(self._states()["support"], "todo")
        action = self._checks()["support"].action_mend()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.email, "hola@skydropx.com")
        wizard.action_confirm()
        self.assertEqual(self._states()["support"], "done")
        self.company.skydrop_support_email = "otra@example.com"
        self.assertEqual(self._states()["support"], "todo")
        wizard.email = "Ayuda@Example.com"
        wizard.action_confirm()
        self.assertEqual(self.company.skydrop_support_email, "ayuda@example.com")
        self.assertEqual(self._states()["support"], "done")
        wizard.email = "nadie"
        with self.assertRaises(UserError):
            wizard.action_confirm()

    def test_company_data(self):
        partner = self.company.partner_id
        partner.write(
            {
                "vat": "SDM180312AB5",
                "zip": "03940",
                "street": "Av. Insurgentes Sur 1602",
                "city": "Ciudad de México",
                "country_id": self.env.ref("base.mx").id,
                "skydrop_legal_name": "SKYDROP DEMOSTRACION",
                "skydrop_fiscal_regime": "601",
            }
        )
        self.assertEqual(self._states()["company"], "done")
        partner.zip = "123"
        self.assertIn("123", self._checks()["company"].sentence)
        partner.write({"zip": "03940", "street": False})
        self.assertEqual(self._states()["company"], "todo")

    def test_product_without_tax_and_archived_journal(self):
        self.assertEqual(self._states()["product"], "done")
        self.product.taxes_id = False
        check = self._checks()["product"]
        self.assertEqual(check.state, "todo")
        self.assertEqual(check.sentence, self.company._skydrop_get_set_up_warnings()[0])
        journal = self.company.skydrop_journal_id
        self.assertEqual(self._states()["journal"], "done")
        journal.active = False
        self.assertEqual(self._states()["journal"], "todo")

    def test_zone(self):
        self.assertEqual(self._states()["zone"], "done")
        self.company.skydrop_tz = "Europe/Madrid"
        self.assertEqual(self._states()["zone"], "look")

    def test_mail(self):
        server = self.env["ir.mail_server"].create(
            {"name": "Salida", "smtp_host": "localhost", "from_filter": "example.com"}
        )
        self.company.skydrop_request_sender = "facturas@example.com"
        self.assertEqual(self._states()["mail"], "done")
        server.from_filter = "example.org"
        self.assertEqual(self._states()["mail"], "todo")

    def test_sample_writes_nothing(self):
        check = self._checks()["demo"]
        before = self.env["skydrop.deposit"].search_count([])
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "skydrop_facturacion.report_sample", check.ids
        )
        html = html.decode()
        self.assertIn("1,160.00", html)
        self.assertIn("MIL CIENTO SESENTA PESOS 00/100 M.N.", html)
        self.assertEqual(self.env["skydrop.deposit"].search_count([]), before)
        deposit = self._create_deposits(100)
        deposit._create_invoices()
        self.assertEqual(self._states()["demo"], "done")

    def test_generic_chart_company_works(self):
        """Not the Mexican chart: the guide makes what is missing, then one invoices."""
        company = self._load_chart(
            "generic_coa",
            country_id=self.env.ref("base.mx").id,
            currency_id=self.mxn.id,
        )
        tax = company.account_sale_tax_id
        company.account_sale_tax_id = False
        company.skydrop_journal_id = False
        states = self._states(company)
        self.assertEqual(states["chart"], "done")
        self.assertEqual(states["product"], "todo")
        self.assertEqual(states["journal"], "todo")
        # Without a tax there is nothing to make the product from.
        action = self._checks(company)["product"].action_mend()
        self.assertEqual(action["res_model"], "account.tax")
        company.account_sale_tax_id = tax
        for key, model in (
            ("product", "product.product"),
            ("journal", "account.journal"),
        ):
            action = self._checks(company)[key].action_mend()
            self.assertEqual(action["res_model"], model)
            self.assertEqual(self._states(company)[key], "done")
        self.assertEqual(company._skydrop_get_set_up_issues(), [])
        self.env.invalidate_all()
        # That chart takes Mexico for abroad, and exports without tax.
        self.customer.country_id = company.account_fiscal_country_id
        deposit = (
            self.env["skydrop.deposit"]
            .with_company(company)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": company.id,
                    "amount": 1150,
                    "payment_form": "03",
                }
            )
        )
        deposit.action_confirm()
        invoice = deposit.with_context(
            allowed_company_ids=company.ids
        )._create_invoices()
        self.assertEqual(invoice.amount_total, 1150)
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(invoice.amount_tax, 150)

    def test_opens_once_after_the_installation(self):
        todo = self.env.ref("skydrop_facturacion.skydrop_set_up_todo")
        todo.state = "open"
        modules = self.env["ir.module.module"]
        self.assertEqual(modules.next()["res_model"], "skydrop.set.up.check")
        self.assertNotIn("res_model", modules.next())

    def test_who_may(self):
        accountant = self._create_internal_user("contable", "group_accountant")
        check = self._checks()["support"]
        for user in (accountant, self.portal_user):
            with self.assertRaises(AccessError):
                check.with_user(user).action_mend()
            with self.assertRaises(AccessError):
                self.env["skydrop.support.address"].with_user(user).create(
                    {"company_id": self.company.id, "email": "x@example.com"}
                )
        manager = self._create_internal_user("jefa", "group_manager")
        other = self.env["res.company"].create({"name": "Ajena"})
        with self.assertRaises(AccessError):
            self.env["skydrop.support.address"].with_user(manager).create(
                {"company_id": other.id, "email": "x@example.com"}
            ).action_confirm()
        action = check.with_user(manager).action_mend()
        self.env[action["res_model"]].with_user(manager).browse(
            action["res_id"]
        ).action_confirm()
        self.assertTrue(self.company.skydrop_support_email_confirmed)
