from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestReplacement(SkydropCommon):
    """The claim moves from the original to what replaces it, and is nowhere twice."""

    def setUp(self):
        super().setUp()
        self.deposits = self._create_deposits(1000, 500)
        self.first, self.second = self.deposits
        self.invoice = self.deposits._create_invoices()

    def _assert_claims(self, *claims):
        self.env.flush_all()
        self.deposits.invalidate_recordset()
        self.assertEqual(
            [
                (deposit.amount_invoiced, deposit.amount_freed)
                for deposit in self.deposits
            ],
            list(claims),
        )

    def _replace(self, *amounts):
        return self.invoice._skydrop_create_replacements(
            [
                {
                    "amounts": {
                        deposit.id: amount
                        for deposit, amount in zip(self.deposits, part, strict=True)
                        if amount
                    }
                }
                for part in amounts
            ]
        )

    def test_before_between_and_after(self):
        replacement = self._replace((1000, 500))
        self._assert_claims((1000, 0), (500, 0))
        self.assertEqual(replacement.state, "draft")
        self.assertFalse(self.invoice.skydrop_is_replaced)
        replacement.action_post()
        self._assert_claims((1000, 0), (500, 0))
        self.assertTrue(self.invoice.skydrop_is_replaced)
        self.invoice.button_cancel()
        self._assert_claims((1000, 0), (500, 0))
        self.assertEqual(replacement.amount_total, 1500)

    def test_found_by_being_replaced(self):
        self._replace((1000, 500)).action_post()
        domain = [("skydrop_deposit_ids", "in", self.deposits.ids)]
        Move = self.env["account.move"]
        self.assertEqual(
            Move.search([*domain, ("skydrop_is_replaced", "=", True)]), self.invoice
        )
        self.assertEqual(
            Move.search([*domain, ("skydrop_is_replaced", "=", False)]),
            self.invoice.skydrop_replacement_ids,
        )

    def test_original_cancelled_first(self):
        replacement = self._replace((1000, 500))
        self.invoice.button_cancel()
        self._assert_claims((1000, 0), (500, 0))
        replacement.action_post()
        self._assert_claims((1000, 0), (500, 0))

    def test_original_credited(self):
        replacement = self._replace((1000, 500))
        replacement.action_post()
        self.invoice._reverse_moves(cancel=True)
        self._assert_claims((1000, 0), (500, 0))

    def test_split(self):
        parts = self._replace((400, 0), (600, 500))
        self._assert_claims((1000, 0), (500, 0))
        parts[0].action_post()
        self._assert_claims((1000, 0), (500, 0))
        parts[1].action_post()
        self._assert_claims((1000, 0), (500, 0))
        self.invoice.button_cancel()
        self._assert_claims((1000, 0), (500, 0))
        self.assertEqual(parts.mapped("amount_total"), [400, 1100])

    def test_deposit_taken_out_is_freed_by_the_cancellation(self):
        replacement = self._replace((1000, 0))
        replacement.action_post()
        self._assert_claims((1000, 0), (500, 0))
        self.invoice.button_cancel()
        self._assert_claims((1000, 0), (0, 500))
        self.assertEqual(self.second.freed_invoice_ids, self.invoice)

    def test_replacement_gives_the_claim_back(self):
        replacement = self._replace((1000, 500))
        replacement.action_post()
        replacement.button_cancel()
        self._assert_claims((1000, 0), (500, 0))
        self.assertFalse(self.invoice.skydrop_is_replaced)
        self.invoice.button_cancel()
        self._assert_claims((0, 1000), (0, 500))

    def test_replacement_of_a_replacement(self):
        replacement = self._replace((1000, 500))
        replacement.action_post()
        again = replacement._skydrop_create_replacements([{}])
        again.action_post()
        self._assert_claims((1000, 0), (500, 0))
        self.invoice.button_cancel()
        replacement.button_cancel()
        self._assert_claims((1000, 0), (500, 0))

    def test_part_of_a_deposit_is_not_freed_by_its_replacement(self):
        deposit = self._create_deposits(1000)
        invoice = deposit._create_invoices(amounts={deposit.id: 400})
        invoice._skydrop_create_replacements([{}]).action_post()
        invoice.button_cancel()
        self.assertEqual((deposit.amount_invoiced, deposit.amount_freed), (400, 0))

    def test_deleted_draft_leaves_the_original(self):
        self._replace((1000, 500)).unlink()
        self._assert_claims((1000, 0), (500, 0))

    # ------------------------------------------------------------------
    # Refused
    # ------------------------------------------------------------------

    def test_parts_take_no_more_than_the_invoice(self):
        with self.assertRaisesRegex(UserError, r"0\.01"):
            self._replace((400, 0), (600.01, 500))

    def test_one_set_of_replacements_at_a_time(self):
        self._replace((1000, 500))
        with self.assertRaisesRegex(UserError, "already has replacements"):
            self._replace((1000, 500))

    def test_draft_is_not_replaced(self):
        self.invoice.button_draft()
        with self.assertRaisesRegex(UserError, self.invoice.name):
            self._replace((1000, 500))

    def test_larger_replacement_is_refused_when_posted(self):
        replacement = self._replace((1000, 500))
        other = self._create_deposits(100)
        other._create_invoices()
        replacement.invoice_line_ids[:1].skydrop_deposit_id = other
        with self.assertRaisesRegex((UserError, ValidationError), other.name):
            replacement.action_post()

    def test_only_an_invoice_of_the_same_customer(self):
        deposit = self._create_deposits(
            1000, partner_id=self._create_customer("Otra empresa").id
        )
        values = deposit._prepare_invoice_values(deposit.partner_id)
        move = self.env["account.move"].create(
            {**values, "skydrop_replaces_id": self.invoice.id}
        )
        with self.assertRaisesRegex(UserError, "cannot replace"):
            move.action_post()

    def test_what_is_replaced_is_history_once_posted(self):
        replacement = self._replace((1000, 500))
        replacement.action_post()
        accountant = self._create_internal_user("contadora", "group_accountant")
        with self.assertRaisesRegex(UserError, replacement.name):
            replacement.with_user(accountant).skydrop_replaces_id = False

    def test_not_itself(self):
        move = self._replace((1000, 500))
        with self.assertRaisesRegex(ValidationError, "itself"):
            move.skydrop_replaces_id = move

    # ------------------------------------------------------------------
    # Data
    # ------------------------------------------------------------------

    def test_receiver_and_note_stay_unless_changed(self):
        self.customer.zip = "06600"
        self.invoice.narration = "<p>Pedido 7</p>"
        replacement = self._replace((1000, 500))
        replacement.action_post()
        self.assertEqual(replacement.skydrop_zip, "44100")
        self.assertIn("Pedido 7", replacement.narration)
        self.assertEqual(replacement.skydrop_payment_form, "03")

    def test_other_receiver(self):
        other = self._create_customer(
            "Sucursal Norte", parent_id=self.customer.id, zip="64000", type="other"
        )
        replacement = self.invoice._skydrop_create_replacements([{"receiver": other}])
        replacement.action_post()
        self.assertEqual(replacement.partner_id, other)
        self.assertEqual(replacement.skydrop_zip, "64000")
