from functools import partial

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import BillingError
from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestClaims(SkydropCommon):
    """A deposit is never invoiced twice, and what becomes free is known to be free."""

    def setUp(self):
        super().setUp()
        self.deposit = self._create_deposits(1160)
        self.invoice = self.deposit._create_invoices()

    def _assert_claim(self, invoiced, freed, status):
        self.env.flush_all()
        self.deposit.invalidate_recordset()
        self.assertEqual(self.deposit.amount_invoiced, invoiced)
        self.assertEqual(self.deposit.amount_to_invoice, 1160 - invoiced)
        self.assertEqual(self.deposit.amount_freed, freed)
        self.assertEqual(self.deposit.invoice_status, status)

    def test_invoiced(self):
        self._assert_claim(1160, 0, "invoiced")
        self.assertEqual(self.deposit.invoice_ids, self.invoice)

    def test_not_twice_by_the_flow(self):
        with self.assertRaisesRegex(BillingError, self.deposit.name):
            self.deposit._create_invoices()

    def test_not_twice_by_hand(self):
        line = self.invoice.invoice_line_ids
        with self.assertRaises(ValidationError) as refused:
            self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_line_ids": [
                        (
                            0,
                            0,
                            {
                                "name": "again",
                                "price_unit": 1,
                                "tax_ids": [(6, 0, line.tax_ids.ids)],
                                "skydrop_deposit_id": self.deposit.id,
                            },
                        )
                    ],
                }
            )
        message = str(refused.exception)
        self.assertIn(self.deposit.name, message)
        self.assertIn(self.invoice.name, message)

    def test_not_even_a_draft_claims_what_is_cancelled(self):
        self.invoice.button_cancel()
        self.deposit.action_cancel()
        drafted = self.deposit._prepare_invoice_values(
            self.customer, amounts={self.deposit.id: self.deposit.amount}
        )
        for step in (
            self.invoice.button_draft,
            partial(self.env["account.move"].create, drafted),
        ):
            with self.subTest(step), self.assertRaises(ValidationError) as refused:
                step()
            self.assertIn(self.deposit.name, str(refused.exception))
        self.assertEqual(self.deposit.amount_invoiced, 0)

    def test_not_twice_by_sql(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(CheckViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "UPDATE skydrop_deposit SET amount_invoiced = 1160.01 WHERE id = %s",
                [self.deposit.id],
            )

    def test_draft_reserves(self):
        self.invoice.button_draft()
        self._assert_claim(1160, 0, "invoiced")

    def test_cancellation_frees(self):
        self.invoice.button_cancel()
        self._assert_claim(0, 1160, "to_invoice")
        again = self.deposit._create_invoices()
        self._assert_claim(1160, 0, "invoiced")
        self.assertEqual(self.deposit.invoice_ids, self.invoice + again)

    def test_cancelled_cannot_come_back_once_invoiced_again(self):
        self.invoice.button_cancel()
        again = self.deposit._create_invoices()
        with self.assertRaisesRegex(ValidationError, again.name):
            self.invoice.button_draft()

    def test_invoice_that_a_credit_note_refers_to_stays(self):
        """Without it the credit note would free what other invoices claim."""
        self.invoice._skydrop_create_replacements([{}])
        refund = self.invoice._reverse_moves(cancel=True)
        self.invoice.button_cancel()
        with self.assertRaisesRegex(UserError, refund.name):
            self.invoice.unlink()

    def test_invoice_that_a_replacement_refers_to_stays(self):
        replacement = self.invoice._skydrop_create_replacements([{}])
        self.invoice.button_cancel()
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            self.invoice.unlink()
        replacement.unlink()
        self.invoice.unlink()
        self.assertEqual(self.deposit._check_consistency(), [])

    def test_deleted_draft_was_never_a_claim(self):
        other = self._create_deposits(500)
        move = self.env["account.move"].create(
            other._prepare_invoice_values(self.customer)
        )
        self.assertEqual(other.amount_invoiced, 500)
        move.unlink()
        self.assertEqual((other.amount_invoiced, other.amount_freed), (0, 0))

    def test_full_reversal_frees(self):
        reversal = self.invoice._reverse_moves(cancel=True)
        self._assert_claim(0, 1160, "to_invoice")
        self.assertEqual(reversal.invoice_line_ids.skydrop_deposit_id, self.deposit)

    def test_draft_credit_note_frees_nothing(self):
        self.invoice._reverse_moves()
        self._assert_claim(1160, 0, "invoiced")

    def test_credit_note_larger_than_the_claim_is_refused(self):
        reversal = self.invoice._reverse_moves()
        reversal.invoice_line_ids.price_unit = 1500
        with self.assertRaisesRegex(UserError, self.deposit.name):
            reversal.action_post()

    def test_duplicate_claims_nothing(self):
        copy = self.invoice.copy()
        self.assertFalse(copy.skydrop_deposit_ids)
        self._assert_claim(1160, 0, "invoiced")

    def test_amount_not_below_the_claim(self):
        with self.assertRaisesRegex(ValidationError, self.invoice.name):
            self.deposit.amount = 1000

    def test_amount_is_locked_while_invoiced(self):
        with self.assertRaisesRegex(ValidationError, self.invoice.name):
            self.deposit.amount = 1500

    def test_rest_of_a_part(self):
        deposit = self._create_deposits(1500)
        deposit._create_invoices(amounts={deposit.id: 1160})
        self.assertEqual(deposit.invoice_status, "partial")
        self.assertEqual(deposit.amount_to_invoice, 340)
        rest = deposit._create_invoices()
        self.assertEqual(rest.amount_total, 340)
        self.assertEqual(deposit.invoice_status, "invoiced")

    # ------------------------------------------------------------------
    # By hand, by import, by RPC
    # ------------------------------------------------------------------

    def _claim_by_hand(self, deposit, **values):
        """A draft with one line that claims a deposit, as another addon might."""
        move_values = deposit._prepare_invoice_values(self.customer)
        move_values["invoice_line_ids"][0][2].update(
            values.pop("line", {}), skydrop_deposit_id=deposit.id
        )
        return self.env["account.move"].create({**move_values, **values})

    def test_posted_line_keeps_its_deposit(self):
        line = self.invoice.invoice_line_ids
        with self.assertRaisesRegex(UserError, self.invoice.name):
            line.skydrop_deposit_id = False
        self.invoice.button_draft()
        with self.assertRaisesRegex(UserError, "keep their deposits"):
            line.skydrop_deposit_id = False

    def test_invoice_that_lost_its_deposits_is_not_posted(self):
        deposit = self._create_deposits(500)
        fingerprint = deposit._get_fingerprint(self._document(deposit))
        move = deposit._generate_from_preview(fingerprint)
        move.button_draft()
        move.invoice_line_ids.unlink()
        move.invoice_line_ids = [
            Command.create({"name": "Otra cosa", "price_unit": 500, "tax_ids": False})
        ]
        with self.assertRaisesRegex(UserError, "lost its deposits"):
            move.action_post()
        # The customer generates the same preview again: a new invoice.
        again = deposit._generate_from_preview(fingerprint)
        self.assertNotEqual(again, move)
        self.assertFalse(move.skydrop_generation_key)

    def test_only_what_is_billable_is_posted(self):
        other = self._create_deposits(
            116, partner_id=self._create_customer("Otra empresa").id
        )
        draft = self._create_deposits(116).copy()
        for name, deposit in (
            ("coupon", self._create_deposits(116, origin="coupon")),
            ("draft", draft),
            ("other customer", other),
            ("dollars", self._create_deposits(116, currency_id=self.usd.id)),
        ):
            with self.subTest(name):
                model = self._create_deposits(116)
                move = self._claim_by_hand(model)
                with (
                    self.assertRaisesRegex(UserError, "cannot be invoiced in"),
                    self.env.cr.savepoint(),
                ):
                    move.invoice_line_ids.skydrop_deposit_id = deposit
                    move.action_post()

    def test_negative_line_frees_nothing(self):
        deposits = self._create_deposits(1160, 2320)
        values = deposits._prepare_invoice_values(self.customer)
        values["invoice_line_ids"].append(
            Command.create(
                {
                    **values["invoice_line_ids"][0][2],
                    "price_unit": -1000,
                    "skydrop_amount": -1160,
                    "extra_tax_data": False,
                }
            )
        )
        move = self.env["account.move"].create(values)
        self.assertEqual(deposits.mapped("amount_invoiced"), [1160, 2320])
        with self.assertRaisesRegex(UserError, "cannot be invoiced in"):
            move.action_post()

    def test_lines_that_cancel_each_other_out_are_refused(self):
        self.invoice.button_draft()
        self.invoice.invoice_line_ids = [
            Command.create({"name": "x", "price_unit": price, "tax_ids": False})
            for price in (10, -10)
        ]
        with self.assertRaisesRegex(UserError, "remove the other lines"):
            self.invoice.action_post()

    def test_credit_note_frees_only_the_part_of_its_invoice(self):
        deposit = self._create_deposits(2320)
        invoice = deposit._create_invoices(amounts={deposit.id: 1160})
        deposit._create_invoices()
        reversal = invoice._reverse_moves()
        reversal.invoice_line_ids.write({"price_unit": 2000, "extra_tax_data": False})
        with self.assertRaisesRegex(UserError, "would free"):
            reversal.action_post()

    def test_credit_note_without_its_links_is_refused(self):
        reversal = self.invoice._reverse_moves()
        reversal.invoice_line_ids.skydrop_deposit_id = False
        with self.assertRaisesRegex(UserError, self.invoice.name):
            reversal.action_post()

    def test_invoice_of_an_archived_deposit_is_protected(self):
        self.deposit.active = False
        self.assertEqual(self.invoice.skydrop_deposit_ids, self.deposit)
        self.test_credit_note_without_its_links_is_refused()

    def test_free_standing_credit_note_is_refused(self):
        reversal = self.invoice._reverse_moves()
        reversal.reversed_entry_id = False
        with self.assertRaisesRegex(UserError, "Reverse the invoice"):
            reversal.action_post()
