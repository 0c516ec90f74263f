from datetime import date, datetime, timedelta

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestDeposit(SkydropCommon):
    def test_numbered(self):
        first, second = self._create_deposits(100, 200)
        self.assertRegex(first.name, r"^DEP/\d{4}/\d{5}$")
        self.assertNotEqual(first.name, second.name)

    def test_billing_date_is_the_day_in_mexico(self):
        late, early = (
            self._create_deposits(100, date=moment)
            for moment in (
                datetime(2026, 2, 1, 5, 30),  # 31 January 23:30 in Mexico City
                datetime(2026, 2, 1, 6, 10),  # 1 February 00:10
            )
        )
        self.assertEqual(late.billing_date, date(2026, 1, 31))
        self.assertEqual(early.billing_date, date(2026, 2, 1))

    def test_only_payments_are_billable(self):
        for origin in ("coupon", "referral", "refund"):
            with self.subTest(origin=origin):
                deposit = self._create_deposits(100, origin=origin)
                self.assertEqual(deposit.invoice_status, "no")
                self.assertEqual(deposit.amount_to_invoice, 0)
                self.assertEqual(deposit.billing_block, "origin")
        payment = self._create_deposits(100)
        self.assertEqual(payment.invoice_status, "to_invoice")
        self.assertFalse(payment.billing_block)

    def test_draft_is_not_billable(self):
        draft = self._create_deposits(100).copy()
        self.assertEqual((draft.state, draft.invoice_status), ("draft", "no"))
        draft.action_confirm()
        self.assertEqual(draft.invoice_status, "to_invoice")

    def test_payment_needs_a_form(self):
        with self.assertRaisesRegex(ValidationError, "form of payment"):
            self._create_deposits(100, payment_form=False)

    def test_amount_is_positive(self):
        for amount in (0, -1):
            with (
                self.subTest(amount=amount),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                self._create_deposits(amount)

    def test_not_more_than_a_day_ahead(self):
        self._create_deposits(100, date=Datetime.now() + timedelta(hours=23))
        with self.assertRaisesRegex(ValidationError, "future"):
            self._create_deposits(100, date=Datetime.now() + timedelta(hours=25))

    def test_reference_unique_per_company(self):
        self._create_deposits(100, reference="REC-1")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self._create_deposits(200, reference="REC-1")

    def test_cancel(self):
        deposit = self._create_deposits(100)
        deposit.action_cancel()
        self.assertEqual((deposit.state, deposit.invoice_status), ("cancelled", "no"))

    def test_cancel_refused_while_invoiced(self):
        deposit = self._create_deposits(100)
        invoice = deposit._create_invoices()
        with self.assertRaisesRegex(UserError, invoice.name):
            deposit.action_cancel()

    def test_deletion(self):
        confirmed = self._create_deposits(100)
        draft = confirmed.copy()
        draft.unlink()
        self.assertFalse(draft.exists())
        with self.assertRaisesRegex(UserError, "Cancel it instead"):
            confirmed.unlink()

    def test_locked_while_invoiced(self):
        deposit = self._create_deposits(100)
        invoice = deposit._create_invoices()
        other = self._create_customer("Otra")
        with self.assertRaisesRegex(ValidationError, invoice.name):
            deposit.partner_id = other
        with self.assertRaisesRegex(ValidationError, invoice.name):
            deposit.origin = "coupon"

    def test_payment_has_to_fit(self):
        payment = self._create_payment(1000)
        self._create_deposits(600, payment_id=payment.id)
        other = self._create_customer("Otra")
        for amount, values in (
            (600, {}),
            (100, {"partner_id": other.id}),
            (100, {"currency_id": self.usd.id}),
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._create_deposits(amount, payment_id=payment.id, **values)
        self._create_deposits(400, payment_id=payment.id)

    def test_archive_refused_while_to_invoice(self):
        deposit = self._create_deposits(100)
        with self.assertRaisesRegex(ValidationError, "still to be invoiced"):
            deposit.action_archive()
        deposit.action_cancel()
        deposit.action_archive()
        self.assertFalse(deposit.active)
