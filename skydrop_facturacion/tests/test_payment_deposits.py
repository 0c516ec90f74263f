from datetime import date, timedelta

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestPaymentDeposits(SkydropCommon):
    """Customer payments that become deposits, and what happens when they are undone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.company.write(
            {
                "skydrop_payment_deposits": True,
                "skydrop_payment_journal_ids": cls.journal.ids,
            }
        )
        cls.accountant = cls._create_internal_user("pay_accountant", "group_accountant")

    def _pay(self, amount=1160, **values):
        return self._create_payment(amount, **{"journal_id": self.journal.id, **values})

    def _deposit(self, **values):
        """The payment of a new deposit, and the deposit."""
        payment = self._pay(**values)
        self.assertEqual(len(payment.skydrop_deposit_ids), 1)
        return payment, payment.skydrop_deposit_ids

    def _other_journal(self, kind="bank"):
        return self.env["account.journal"].create(
            {
                "name": f"Otro {kind}",
                "code": f"O{kind[:3].upper()}",
                "type": kind,
                "company_id": self.company.id,
            }
        )

    def _check(self, deposits):
        self.assertEqual(deposits._check_consistency(), [])

    # ------------------------------------------------------------------
    # Made
    # ------------------------------------------------------------------

    def test_posted_payment_is_a_deposit(self):
        day = date(2026, 3, 31)
        _payment, deposit = self._deposit(date=day)
        self.assertEqual(deposit.state, "confirmed")
        self.assertEqual(deposit.billing_date, day)
        self.assertEqual((deposit.amount, deposit.currency_id), (1160, self.mxn))
        self.assertEqual(deposit.partner_id, self.customer)
        self.assertEqual(deposit.payment_form, "03")
        self.assertEqual(deposit.payment_state, "posted")
        invoice = deposit._create_invoices()
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self._check(deposit)

    def test_payment_of_today_is_a_deposit_of_now(self):
        today = self.env["skydrop.deposit"]._get_invoice_date(self.company)
        _payment, deposit = self._deposit(date=today)
        self.assertEqual(deposit.billing_date, today)
        self.assertLessEqual(deposit.date, Datetime.now())

    def test_posted_by_somebody_without_our_roles(self):
        user = self._create_internal_user("pay_accounting", "group_support")
        user.group_ids += self.env.ref("account.group_account_invoice")
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.customer.id,
                "amount": 50,
                "journal_id": self.journal.id,
            }
        )
        payment.with_user(user).action_post()
        self.assertEqual(payment.skydrop_deposit_ids.amount, 50)

    def test_form_of_the_payment_method(self):
        cash = self._other_journal("cash")
        self.company.skydrop_payment_journal_ids += cash
        self.assertEqual(self._deposit(journal_id=cash.id)[1].payment_form, "01")
        method = self.journal.inbound_payment_method_line_ids[0]
        method.skydrop_payment_form = "28"
        payment = self._pay(payment_method_line_id=method.id)
        self.assertEqual(payment.skydrop_deposit_ids.payment_form, "28")

    def test_payments_that_are_no_deposits(self):
        other = self._other_journal()
        ahead = date.today() + timedelta(days=3)
        for reason, values in (
            ("journal", {"journal_id": other.id}),
            ("outbound", {"payment_type": "outbound"}),
            ("supplier", {"partner_type": "supplier"}),
            ("nobody's", {"partner_id": False}),
            ("future", {"date": ahead}),
        ):
            with self.subTest(reason):
                self.assertFalse(self._pay(**values).skydrop_deposit_ids)
        self.company.skydrop_payment_deposits = False
        self.assertFalse(self._pay().skydrop_deposit_ids)

    def test_payment_of_an_invoice_is_no_deposit(self):
        invoice = self._create_deposits(1160)._create_invoices()
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        payment = register.create({"journal_id": self.journal.id})._create_payments()
        self.assertIn(payment.state, ("in_process", "paid"))
        self.assertFalse(payment.skydrop_deposit_ids)

    def test_payment_that_the_platform_registered_is_no_second_deposit(self):
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.customer.id,
                "amount": 1160,
                "journal_id": self.journal.id,
            }
        )
        deposit = self._create_deposits(600, payment_id=payment.id)
        payment.action_post()
        self.assertEqual(payment.skydrop_deposit_ids, deposit)

    def test_once_a_payment_in_the_database_too(self):
        payment, deposit = self._deposit()
        self.assertEqual(len(payment.skydrop_deposit_ids), 1)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
        ):
            deposit.action_cancel()
            payment._skydrop_create_deposits()
            self.env.flush_all()

    # ------------------------------------------------------------------
    # Taken up
    # ------------------------------------------------------------------

    def test_payments_from_before_are_taken_up(self):
        self.company.skydrop_payment_deposits = False
        payments = self._pay(100) + self._pay(200)
        action = payments.with_user(self.accountant).action_skydrop_take_up()
        deposits = payments.skydrop_deposit_ids
        self.assertEqual(deposits.mapped("amount"), [100, 200])
        self.assertEqual(action["res_model"], "skydrop.deposit")
        payments.with_user(self.accountant).action_skydrop_take_up()
        self.assertEqual(payments.skydrop_deposit_ids, deposits)

    def test_what_cannot_be_taken_up_is_named(self):
        self.company.skydrop_payment_deposits = False
        good, bad = self._pay(), self._pay(payment_type="outbound")
        with self.assertRaisesRegex(UserError, bad.name):
            (good + bad).with_user(self.accountant).action_skydrop_take_up()
        self.assertFalse(good.skydrop_deposit_ids)

    def test_only_our_accountants_take_up(self):
        user = self._create_internal_user("pay_accounting", "group_support")
        user.group_ids += self.env.ref("account.group_account_invoice")
        for somebody in (user, self.portal_user):
            with self.assertRaises(AccessError):
                self._pay().with_user(somebody).action_skydrop_take_up()

    # ------------------------------------------------------------------
    # Undone
    # ------------------------------------------------------------------

    def _undo(self, payment):
        """Odoo's ways to undo a payment, each on a payment of its own."""
        return {
            "reset": payment.action_draft,
            "entry reset": payment.move_id.button_draft,
            "cancelled": payment.action_cancel,
            "rejected": payment.action_reject,
            "reversed": lambda: payment.move_id._reverse_moves(cancel=True),
        }

    def test_deposit_that_is_not_invoiced_is_cancelled(self):
        for name in self._undo(self._pay()):
            with self.subTest(name):
                payment, deposit = self._deposit()
                self._undo(payment)[name]()
                self.assertEqual(deposit.payment_state, "void")
                self.assertEqual(deposit.state, "cancelled")
                self.assertTrue(deposit.payment_cancelled)
                self._check(deposit)

    def test_invoiced_deposit_is_marked_its_invoice_stays(self):
        for name in self._undo(self._pay()):
            with self.subTest(name):
                payment, deposit = self._deposit()
                invoice = deposit._create_invoices()
                self._undo(payment)[name]()
                self.assertEqual(deposit.payment_state, "void")
                self.assertEqual(deposit.state, "confirmed")
                self.assertEqual(deposit.invoice_status, "invoiced")
                self.assertEqual(
                    (invoice.state, invoice.amount_total), ("posted", 1160)
                )
                self._check(deposit)

    def test_rest_of_a_partly_invoiced_deposit_waits_for_a_person(self):
        payment, deposit = self._deposit()
        invoice = deposit._create_invoices(amounts={deposit.id: 500})
        self.assertEqual(deposit.invoice_status, "partial")
        payment.action_cancel()
        self.assertEqual(
            (deposit.state, deposit.payment_cancelled), ("confirmed", True)
        )
        self.assertEqual((deposit.invoice_status, deposit.amount_to_invoice), ("no", 0))
        self.assertEqual(deposit._get_unbillable(), deposit)
        activity = deposit.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self._get_person_in_charge())
        for told in (invoice.name, "500.00", "credit note"):
            self.assertIn(told, activity.note)
        self._check(deposit)
        # It was a mistake.
        payment.action_draft()
        payment.action_post()
        self.assertEqual(
            (deposit.invoice_status, deposit.amount_to_invoice), ("partial", 660)
        )
        self.assertFalse(deposit.activity_ids)
        self._check(deposit)

    def _get_person_in_charge(self):
        if self.env.user.has_group("skydrop_facturacion.group_accountant"):
            return self.env.user
        return self.company._skydrop_get_automatic_user()

    def test_another_payment_brought_the_money(self):
        payment, deposit = self._deposit()
        deposit._create_invoices(amounts={deposit.id: 500})
        payment.action_cancel()
        deposit.payment_id = self._create_payment(
            1160, journal_id=self._other_journal().id
        )
        self.assertEqual(
            (deposit.payment_cancelled, deposit.amount_to_invoice), (False, 660)
        )
        self.assertFalse(deposit.activity_ids)

    def test_the_money_did_not_arrive(self):
        payment, deposit = self._deposit()
        invoice = deposit._create_invoices()
        payment.action_cancel()
        self.assertTrue(deposit.activity_ids)
        invoice._reverse_moves(cancel=True)
        self.assertEqual((deposit.invoice_status, deposit.amount_to_invoice), ("no", 0))
        deposit.action_cancel()
        self.assertFalse(deposit.activity_ids)
        self._check(deposit)

    def test_posted_again_with_another_amount(self):
        payment, deposit = self._deposit()
        payment.action_draft()
        payment.amount = 580
        payment.action_post()
        self.assertEqual(payment.skydrop_deposit_ids, deposit)
        self.assertEqual((deposit.state, deposit.amount), ("confirmed", 580))
        self.assertFalse(deposit.payment_cancelled)
        self._check(deposit)

    def test_posted_again_settles_the_invoice_again(self):
        payment, deposit = self._deposit()
        invoice = deposit._create_invoices()
        payment.action_cancel()
        self.assertEqual(invoice.payment_state, "not_paid")
        payment.action_draft()
        payment.action_post()
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(deposit.payment_state, "posted")
        self._check(deposit)

    def test_reversal_undone(self):
        payment, deposit = self._deposit()
        reversal = payment.move_id._reverse_moves(cancel=True)
        reversal.button_cancel()
        self.assertEqual(
            (deposit.state, deposit.payment_state), ("confirmed", "posted")
        )

    def test_what_a_person_cancelled_stays_cancelled(self):
        payment, deposit = self._deposit()
        deposit.action_cancel()
        payment.action_draft()
        payment.action_post()
        self.assertEqual(deposit.state, "cancelled")
        self.assertEqual(len(payment.skydrop_deposit_ids), 1)

    def test_registered_deposit_follows_its_payment_too(self):
        self.company.skydrop_payment_deposits = False
        deposit = self._create_deposits(600, reference="REC-77")
        deposit.payment_id = self._create_payment(1000)
        deposit.payment_id.action_draft()
        self.assertEqual(deposit.state, "cancelled")
        deposit.payment_id.action_post()
        self.assertEqual((deposit.state, deposit.amount), ("confirmed", 600))

    # ------------------------------------------------------------------
    # Deleted
    # ------------------------------------------------------------------

    def test_payment_of_an_invoiced_deposit_stays(self):
        payment, deposit = self._deposit()
        deposit._create_invoices()
        payment.action_draft()
        with self.assertRaisesRegex(UserError, deposit.name), self.env.cr.savepoint():
            payment.unlink()
        self.assertEqual(deposit.payment_id, payment)
        with self.assertRaisesRegex(UserError, deposit.name), self.env.cr.savepoint():
            payment.move_id.unlink()
            payment.unlink()

    def test_draft_payment_is_deleted_the_cancelled_deposit_stays(self):
        payment, deposit = self._deposit()
        payment.action_draft()
        payment.unlink()
        self.assertEqual(deposit.state, "cancelled")
        self.assertFalse(deposit.payment_id)
        self.env["account.payment"].create(
            {"partner_id": self.customer.id, "amount": 5, "journal_id": self.journal.id}
        ).unlink()

    # ------------------------------------------------------------------
    # Known later, in part, in dollars, by another receiver, undone
    # ------------------------------------------------------------------

    def test_payment_that_is_known_after_the_invoice(self):
        deposit = self._create_deposits(1160)
        invoice = deposit._create_invoices()
        self.assertEqual(invoice.payment_state, "not_paid")
        self.company.skydrop_payment_deposits = False
        deposit.payment_id = self._pay()
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self._check(deposit)

    def test_dollar_payment_of_a_dollar_deposit(self):
        payment, deposit = self._deposit(currency_id=self.usd.id, amount=100)
        self.assertEqual(deposit.currency_id, self.usd)
        invoice = deposit._create_invoices()
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(invoice.amount_residual, 0)
        self.assertTrue(payment.is_reconciled)
        self._check(deposit)

    def test_dollars_at_another_rate_leave_no_rest(self):
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.usd.id,
                "company_id": self.company.id,
                "name": "2026-03-15",
                "inverse_company_rate": 20.0,
            }
        )
        day = date(2026, 3, 10)
        _payment, deposit = self._deposit(currency_id=self.usd.id, amount=100, date=day)
        invoice = deposit._create_invoices()
        lines = (invoice + deposit.payment_id.move_id).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        self.assertEqual(lines.mapped("amount_residual"), [0, 0])
        self.assertTrue(lines.matched_debit_ids.exchange_move_id)
        self._check(deposit)

    def test_undone_in_odoos_way(self):
        _payment, deposit = self._deposit()
        invoice = deposit._create_invoices()
        partial = invoice.line_ids.matched_credit_ids
        caba = invoice.tax_cash_basis_created_move_ids
        self.assertEqual(len(caba), 1)
        invoice.js_remove_outstanding_partial(partial.id)
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertEqual(
            (deposit.state, deposit.invoice_status), ("confirmed", "invoiced")
        )
        self.assertEqual(deposit.payment_state, "posted")
        line = invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        credit = deposit.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        invoice.js_assign_outstanding_line(credit.id)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(line.amount_residual, 0)
        self._check(deposit)

    def test_partner_ledger_when_the_receiver_differs(self):
        receiver = self.customer._skydrop_create_receiver(
            {
                "legal_name": "FILIAL LUNA",
                "rfc": "FLU150408AB1",
                "fiscal_regime": "601",
                "zip": "06600",
                "cfdi_use": "G03",
            }
        )
        payment, deposit = self._deposit()
        invoice = deposit._create_invoices(receiver)
        lines = (invoice + payment.move_id).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        balances = {line.partner_id: line.balance for line in lines}
        self.assertEqual(balances, {receiver: 1160, self.customer: -1160})
        self.assertEqual(set(lines.mapped("amount_residual")), {0})
        self.assertEqual(len(lines.full_reconcile_id), 1)
