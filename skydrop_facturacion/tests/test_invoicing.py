from datetime import datetime

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..exceptions import BillingError
from .common import RFC_COMPANY, SkydropCommon


@tagged("post_install", "-at_install")
class TestInvoicing(SkydropCommon):
    def _preview(self, deposits, **values):
        return deposits._get_fingerprint(self._document(deposits, None, values))

    # ------------------------------------------------------------------
    # The invoice
    # ------------------------------------------------------------------

    def test_posted_and_due_today(self):
        term = self.env.ref("account.account_payment_term_30days")
        self.customer.property_payment_term_id = term
        move = self._create_deposits(1160)._create_invoices()
        self.assertRecordValues(
            move,
            [
                {
                    "state": "posted",
                    "partner_id": self.customer.id,
                    "journal_id": self.company.skydrop_journal_id.id,
                    "invoice_payment_term_id": False,
                    "invoice_user_id": False,
                    "invoice_date_due": move.invoice_date,
                    "skydrop_payment_method": "PUE",
                }
            ],
        )

    @freeze_time("2026-02-01 05:30:00")
    def test_dated_in_mexico(self):
        move = self._create_deposits(
            1160, date=datetime(2026, 1, 20, 12, 0)
        )._create_invoices()
        self.assertEqual(str(move.invoice_date), "2026-01-31")

    def test_payment_form_of_the_largest_sum(self):
        deposits = self._create_deposits(300, payment_form="01")
        deposits += self._create_deposits(200, 200, payment_form="28")
        self.assertEqual(deposits._get_payment_form(), "28")

    def test_payment_form_of_a_tie_is_the_oldest(self):
        deposits = self._create_deposits(
            200, payment_form="01", date=datetime(2026, 3, 5, 12, 0)
        )
        deposits += self._create_deposits(
            200, payment_form="28", date=datetime(2026, 3, 2, 12, 0)
        )
        self.assertEqual(deposits._get_payment_form(), "28")

    def test_refused_together(self):
        dollars = self._create_deposits(50, currency_id=self.usd.id)
        other = self._create_deposits(
            50, partner_id=self._create_customer("Otra empresa").id
        )
        pesos = self._create_deposits(50)
        coupon = self._create_deposits(50, origin="coupon")
        for deposits, code in (
            (pesos.browse(), "empty"),
            (pesos + dollars, "mixed_currencies"),
            (pesos + other, "mixed_customers"),
            (pesos + coupon, "not_billable"),
        ):
            with self.subTest(code=code):
                with self.assertRaises(BillingError) as refused:
                    deposits._create_invoices()
                self.assertEqual(refused.exception.code, code)

    # ------------------------------------------------------------------
    # Receiver
    # ------------------------------------------------------------------

    def test_incomplete_receiver(self):
        deposits = self._create_deposits(1160)
        for partner_field, field in (
            ("vat", "rfc"),
            ("zip", "zip"),
            ("skydrop_legal_name", "legal_name"),
            ("skydrop_fiscal_regime", "fiscal_regime"),
            ("skydrop_cfdi_use", "cfdi_use"),
        ):
            with self.subTest(field=field):
                value = self.customer[partner_field]
                self.customer[partner_field] = False
                with self.assertRaises(BillingError) as refused:
                    deposits._create_invoices()
                self.assertEqual(refused.exception.field, field)
                self.customer[partner_field] = value
        deposits._create_invoices()

    def test_unfit_receiver(self):
        check = self.env["res.partner"]._skydrop_check_receiver_values
        fit = self.customer._skydrop_receiver_values()
        self.assertFalse(check(fit))
        for field, code, values in (
            ("rfc", "invalid", {"rfc": "CLU150408"}),
            ("zip", "invalid", {"zip": "4410"}),
            ("fiscal_regime", "unfit", {"fiscal_regime": "612"}),
            ("cfdi_use", "unfit", {"cfdi_use": "D01"}),
        ):
            with self.subTest(field=field):
                issues = check({**fit, **values})
                self.assertEqual([issue[:2] for issue in issues], [(field, code)])

    def test_same_verdict_when_posted_by_hand(self):
        deposits = self._create_deposits(1160)
        move = self.env["account.move"].create(
            deposits._prepare_invoice_values(self.customer)
        )
        self.customer.skydrop_cfdi_use = "D01"
        with self.assertRaisesRegex(UserError, "D01"):
            move.action_post()

    def test_frozen_when_posted(self):
        move = self._create_deposits(1160)._create_invoices()
        self.customer.write(
            {"vat": "XIA190128J61", "zip": "06600", "skydrop_legal_name": "OTRO"}
        )
        self.assertEqual(
            move._skydrop_invoice_fiscal_values(),
            {
                "legal_name": "COMERCIALIZADORA LUNA",
                "rfc": RFC_COMPANY,
                "fiscal_regime": "601",
                "zip": "44100",
                "cfdi_use": "G03",
            },
        )
        reversal = move._reverse_moves()
        self.assertEqual(reversal.skydrop_rfc, RFC_COMPANY)
        self.assertEqual(reversal.skydrop_payment_form, "03")
        self.assertFalse(move.copy().skydrop_rfc)

    def test_another_partner_in_draft_is_another_receiver(self):
        move = self._create_deposits(1160)._create_invoices()
        move.button_draft()
        move.partner_id = self._create_customer(
            "Otra empresa", parent_id=self.customer.id
        )
        move.action_post()
        self.assertEqual(move.skydrop_legal_name, "OTRA EMPRESA")

    # ------------------------------------------------------------------
    # Idempotence
    # ------------------------------------------------------------------

    def test_a_preview_is_generated_once(self):
        deposits = self._create_deposits(1160, 100)
        fingerprint = self._preview(deposits)
        move = deposits._generate_from_preview(fingerprint)
        self.assertEqual(move.skydrop_generation_key, fingerprint)
        self.assertEqual(deposits._generate_from_preview(fingerprint), move)

    def test_a_changed_preview_is_refused(self):
        deposits = self._create_deposits(1160, 100)
        for change in (
            lambda: self.customer.write({"zip": "06600"}),
            lambda: deposits[0].write({"amount": 1161}),
            lambda: deposits[0].write({"reference": "REC-9"}),
            lambda: deposits.write({"payment_form": "28"}),
        ):
            fingerprint = self._preview(deposits)
            change()
            with self.assertRaises(BillingError) as refused:
                deposits._generate_from_preview(fingerprint)
            self.assertEqual(refused.exception.code, "changed")

    def test_forged_fingerprint_is_refused(self):
        deposits = self._create_deposits(1160)
        with self.assertRaises(BillingError):
            deposits._generate_from_preview("0" * 64)

    def test_same_choice_after_a_cancellation_is_a_new_invoice(self):
        deposits = self._create_deposits(1160)
        first_preview = self._preview(deposits)
        first = deposits._generate_from_preview(first_preview)
        first.button_cancel()
        second_preview = self._preview(deposits)
        self.assertNotEqual(first_preview, second_preview)
        second = deposits._generate_from_preview(second_preview)
        self.assertNotEqual(first, second)
        self.assertEqual(second.state, "posted")

    def test_preview_writes_nothing(self):
        deposits = self._create_deposits(1160, 100)
        self.env.flush_all()
        self.env.cr.execute("SET TRANSACTION READ ONLY")
        self._preview(deposits)
        deposits._get_estimate()
        self.env.flush_all()

    # ------------------------------------------------------------------
    # Payments
    # ------------------------------------------------------------------

    def test_reconciled_with_the_payments(self):
        deposits = self._create_deposits(1160, 580)
        for deposit in deposits:
            deposit.payment_id = self._create_payment(deposit.amount)
        move = deposits._create_invoices()
        self.assertEqual(move.payment_state, move._get_invoice_in_payment_state())
        self.assertEqual(move.amount_residual, 0)
        # The cash-basis IVA of both payments has moved.
        caba = self.env["account.move"].search(
            [("tax_cash_basis_origin_move_id", "=", move.id)]
        )
        tax_account = self.tax.invoice_repartition_line_ids.account_id
        moved = caba.line_ids.filtered(lambda line: line.account_id == tax_account)
        self.assertEqual(-sum(moved.mapped("balance")), move.amount_tax)

    def test_reconciled_across_customer_and_receiver(self):
        receiver = self._create_customer("Receptora", parent_id=self.customer.id)
        deposit = self._create_deposits(1160)
        deposit.payment_id = self._create_payment(1160)
        move = deposit._create_invoices(receiver)
        self.assertEqual(move.commercial_partner_id, receiver)
        self.assertEqual(move.amount_residual, 0)

    def test_not_reconciled_when_switched_off(self):
        self.company.skydrop_reconcile = False
        deposit = self._create_deposits(1160)
        deposit.payment_id = self._create_payment(1160)
        self.assertEqual(deposit._create_invoices().amount_residual, 1160)

    def test_never_to_be_paid(self):
        move = self._create_deposits(1160)._create_invoices()
        self.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", "True"
        )
        self.assertEqual(move.amount_residual, 1160)
        self.assertFalse(move._has_to_be_paid())
