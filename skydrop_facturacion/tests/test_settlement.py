from odoo.tests import tagged

from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestSettlement(SkydropCommon):
    """Payments settle the deposits they paid, and nothing else."""

    def _paid(self, *amounts):
        """Deposits, each with a payment of its own."""
        deposits = self._create_deposits(*amounts)
        for deposit in deposits:
            deposit.payment_id = self._create_payment(deposit.amount)
        return deposits

    def _open(self, moves):
        """What the receivable items of some entries leave open."""
        lines = moves.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        return sum(lines.mapped("amount_residual"))

    def test_each_payment_settles_its_deposit(self):
        deposits = self._paid(600, 400)
        invoice = deposits._create_invoices()
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(self._open(deposits.payment_id.move_id), 0)

    def test_larger_payment_settles_only_its_share(self):
        paid, unpaid = self._create_deposits(600, 400)
        paid.payment_id = self._create_payment(1000)
        invoice = (paid + unpaid)._create_invoices()
        self.assertEqual(self._open(invoice), 400)
        self.assertEqual(self._open(paid.payment_id.move_id), -400)
        self.assertEqual(invoice.payment_state, "partial")

    def test_larger_payment_settles_two_invoices(self):
        first, second, other = self._create_deposits(600, 400, 50)
        payment = self._create_payment(1000)
        (first + second).payment_id = payment
        one = (first + other)._create_invoices()
        self.assertEqual(self._open(one), 50)
        two = second._create_invoices()
        self.assertEqual(self._open(two), 0)
        self.assertEqual(self._open(payment.move_id), 0)

    def test_larger_payment_in_dollars(self):
        self.mxn.rounding = 0.01
        paid, unpaid = self._create_deposits(600, 400, currency_id=self.usd.id)
        paid.payment_id = self._create_payment(1000, currency_id=self.usd.id)
        invoice = (paid + unpaid)._create_invoices()
        lines = (invoice + paid.payment_id.move_id).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        self.assertEqual(
            sorted(lines.mapped("amount_residual_currency")), [-400.0, 400.0]
        )

    def test_cash_basis_moves_with_the_share(self):
        paid, unpaid = self._create_deposits(580, 580)
        paid.payment_id = self._create_payment(1160)
        invoice = (paid + unpaid)._create_invoices()
        entry = invoice.tax_cash_basis_created_move_ids
        self.assertEqual(len(entry), 1)
        self.assertIn(80.0, entry.line_ids.mapped("debit"))

    def test_credited_and_invoiced_again(self):
        deposit = self._paid(1160)
        invoice = deposit._create_invoices()
        refund = invoice._reverse_moves()
        refund.action_post()
        again = deposit._create_invoices()
        self.assertEqual(self._open(invoice + refund + again), 0)
        self.assertIn(again.payment_state, ("paid", "in_payment"))

    def test_reversed_and_invoiced_again(self):
        deposit = self._paid(1160)
        invoice = deposit._create_invoices()
        invoice._reverse_moves(cancel=True)
        again = deposit._create_invoices()
        self.assertIn(again.payment_state, ("paid", "in_payment"))

    def test_cancelled_and_invoiced_again(self):
        deposit = self._paid(1160)
        deposit._create_invoices().button_cancel()
        again = deposit._create_invoices()
        self.assertIn(again.payment_state, ("paid", "in_payment"))

    def test_credit_note_settles_its_own_invoice_first(self):
        deposit = self._create_deposits(1160)
        invoice = deposit._create_invoices()
        refund = invoice._reverse_moves()
        refund.action_post()
        self.assertEqual(self._open(invoice), 0)
        again = deposit._create_invoices()
        self.assertEqual(self._open(again), 1160)

    def test_replacement_is_paid_when_the_original_is_cancelled(self):
        for name, end in (
            ("cancelled", lambda move: move.button_cancel()),
            ("reversed", lambda move: move._reverse_moves(cancel=True)),
            ("credited", lambda move: move._reverse_moves().action_post()),
        ):
            with self.subTest(name):
                deposit = self._paid(1160)
                invoice = deposit._create_invoices()
                replacement = invoice._skydrop_create_replacements([{}])
                replacement.action_post()
                self.assertIn(invoice.payment_state, ("paid", "in_payment"))
                end(invoice)
                self.assertIn(replacement.payment_state, ("paid", "in_payment"))

    def test_switched_off(self):
        self.company.skydrop_reconcile = False
        deposit = self._paid(1160)
        invoice = deposit._create_invoices()
        self.assertEqual(invoice.payment_state, "not_paid")
