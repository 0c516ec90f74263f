from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .automatic_common import AutomaticCommon

MORNING = "2026-11-24 16:00:00"


@tagged("post_install", "-at_install")
class TestAutoBillingRehearsal(AutomaticCommon):
    """«Ensayar»: what would be invoiced on a day, shown to accountants and never
    written."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(MORNING))
        cls.accountant = cls._create_internal_user("ensayo-prueba", "group_accountant")
        cls.other = cls._create_customer("Sin datos", vat=False)
        with freeze_time("2026-11-03 18:00:00"):
            cls.rule = cls.rules._switch_on(cls.customer, cls.company, "total")
            cls.problem = cls.rules._switch_on(cls.other, cls.company, "total")
        cls._create_deposits(1000, 160, date="2026-11-10 12:00:00")
        cls._create_deposits(5, date="2026-11-10 12:00:00", partner_id=cls.other.id)

    def _form(self, **context):
        model = self.env["skydrop.auto.billing.rehearsal"].with_user(self.accountant)
        return Form(model.with_context(**context))

    def test_another_day(self):
        count = self.env["account.move"].search_count([])
        form = self._form()
        self.assertEqual(form.day, date(2026, 11, 24))
        self.assertEqual((form.invoice_count, form.problem_count), (0, 0))
        form.day = date(2026, 12, 1)
        self.assertEqual((form.invoice_count, form.problem_count), (2, 1))
        rehearsal = form.save()
        mine, theirs = rehearsal.line_ids.sorted("amount", reverse=True)
        self.assertEqual(mine.auto_billing_id, self.rule)
        self.assertEqual((mine.amount, mine.deposit_count), (1160, 2))
        self.assertEqual(
            (mine.date_from, mine.date_to, mine.invoice_date),
            (date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 30)),
        )
        self.assertEqual(mine.currency_id, self.mxn)
        self.assertFalse(mine.problems)
        self.assertEqual(theirs.auto_billing_id, self.problem)
        self.assertIn("RFC", theirs.problems)
        self.assertEqual(self.env["account.move"].search_count([]), count)
        self.assertEqual(self.rule.next_date, date(2026, 12, 1))

    def test_chosen_customers_only(self):
        form = self._form(
            active_model="skydrop.auto.billing", active_ids=self.problem.ids
        )
        form.day = date(2026, 12, 1)
        self.assertEqual((form.invoice_count, form.problem_count), (1, 1))

    def test_what_it_shows_is_what_is_made(self):
        form = self._form()
        form.day = date(2026, 12, 1)
        line = form.save().line_ids.filtered(
            lambda line: line.auto_billing_id == self.rule
        )
        shown = (line.amount, line.invoice_date)
        with mute_logger("odoo.addons.skydrop_facturacion"):
            self._run("2026-12-01 12:00:00")
        invoice = self.rule.invoice_ids
        self.assertEqual((invoice.amount_total, invoice.invoice_date), shown)
        self.assertTrue(self.problem.last_error)

    def test_accountants_only(self):
        support = self._create_internal_user("mirona-prueba", "group_support")
        for user in (support, self.portal_user):
            model = self.env["skydrop.auto.billing.rehearsal"].with_user(user)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                model.create({})
