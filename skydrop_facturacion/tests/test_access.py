from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestAccess(SkydropCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deposit = cls._create_deposits(1160)
        cls.other_customer = cls._create_customer("Otra empresa")
        cls.other_portal_user = cls._create_portal_user("otra", cls.other_customer)
        cls.users = {
            group: new_test_user(
                cls.env, login=f"{group}_user", groups=f"skydrop_facturacion.{group}"
            )
            for group in ("group_support", "group_accountant", "group_manager")
        }
        cls.users["group_integration"] = new_test_user(
            cls.env,
            login="integration_user",
            groups="base.group_user,skydrop_facturacion.group_integration",
        )
        cls.users["nobody"] = new_test_user(
            cls.env, login="nobody_user", groups="base.group_user"
        )
        for user in cls.users.values():
            user.write(
                {"company_ids": [(4, cls.company.id)], "company_id": cls.company.id}
            )

    def test_rights_of_each_role(self):
        expected = {
            "nobody": "",
            "group_integration": "read",
            "group_support": "read",
            "group_accountant": "read write create unlink",
            "group_manager": "read write create unlink",
        }
        for group, operations in expected.items():
            Deposit = self.env["skydrop.deposit"].with_user(self.users[group])
            for operation in ("read", "write", "create", "unlink"):
                with self.subTest(group=group, operation=operation):
                    self.assertEqual(
                        Deposit.has_access(operation), operation in operations.split()
                    )

    def test_customer_sees_only_their_own(self):
        draft = self.deposit.copy()
        mine = self.env["skydrop.deposit"].with_user(self.portal_user).search([])
        self.assertIn(self.deposit, mine)
        self.assertNotIn(draft, mine)
        theirs = self.env["skydrop.deposit"].with_user(self.other_portal_user)
        self.assertNotIn(self.deposit, theirs.search([]))
        with self.assertRaises(AccessError):
            theirs.browse(self.deposit.id).read(["amount"])

    @mute_logger("odoo.addons.base.models.ir_access", "odoo.models")
    def test_customer_cannot_act_on_the_model(self):
        deposit = self.deposit.with_user(self.portal_user)
        for action in (
            deposit.action_confirm,
            deposit.action_cancel,
            lambda: deposit.write({"amount": 1}),
            lambda: deposit.copy(),
            deposit.unlink,
        ):
            with self.assertRaises(AccessError):
                action()
                self.env.flush_all()
        self.assertEqual(self.deposit.state, "confirmed")

    def test_companies_stay_apart(self):
        company = self.env["res.company"].create({"name": "Otra empresa emisora"})
        accountant = self.users["group_accountant"]
        foreign = self._create_deposits(
            100, company_id=company.id, currency_id=company.currency_id.id
        )
        Deposit = self.env["skydrop.deposit"].with_user(accountant)
        visible = Deposit.with_context(allowed_company_ids=self.company.ids).search([])
        self.assertIn(self.deposit, visible)
        self.assertNotIn(foreign, visible)

    def test_accountant_cannot_set_what_is_derived(self):
        deposit = self.deposit.with_user(self.users["group_accountant"])
        for values in (
            {"amount_invoiced": 0},
            {"amount_freed": 5},
            {"state": "cancelled"},
            {"name": "X"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                deposit.write(values)
        with self.assertRaises(UserError):
            deposit.copy({"state": "confirmed"})

    def test_accountant_cannot_change_frozen_data(self):
        invoice = self.deposit._create_invoices()
        invoice = invoice.with_user(self.users["group_accountant"])
        for values in ({"skydrop_rfc": "XAXX010101000"}, {"skydrop_generation_key": 1}):
            with self.subTest(values=values), self.assertRaises(UserError):
                invoice.write(values)
