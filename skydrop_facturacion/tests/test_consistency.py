from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestConsistency(SkydropCommon):
    """The check finds nothing where all is well, and finds damage done in SQL."""

    def setUp(self):
        super().setUp()
        self.deposits = self._create_deposits(1160, 580)
        self.deposits[0].payment_id = self._create_payment(1160)
        self.invoice = self.deposits._create_invoices()
        self.other = self._create_deposits(100)

    def _find(self):
        deposits = self.deposits + self.other
        return {difference["check"] for difference in deposits._check_consistency()}

    def test_nothing_where_all_is_well(self):
        refunded = self._create_deposits(300)
        refunded._create_invoices()._reverse_moves(cancel=True)
        self.assertEqual(self._find(), set())
        self.assertEqual(refunded._check_consistency(), [])

    def test_damage_is_found(self):
        deposit, line = self.deposits[0], self.invoice.invoice_line_ids[0]
        stranger = self._create_customer("Otra empresa")
        payment = deposit.payment_id
        receivable = self.invoice.line_ids.filtered(
            lambda item: item.account_id.account_type == "asset_receivable"
        )
        for check, table, record, assignment in (
            ("claims", "skydrop_deposit", deposit, "amount_invoiced = 1000"),
            ("claims", "skydrop_deposit", deposit, "amount_freed = 5"),
            ("status", "skydrop_deposit", self.other, "amount_to_invoice = 0"),
            ("status", "skydrop_deposit", self.other, "invoice_status = 'invoiced'"),
            (
                "customer",
                "skydrop_deposit",
                self.other,
                f"commercial_partner_id = {stranger.id}",
            ),
            ("day", "skydrop_deposit", deposit, "billing_date = '2020-01-01'"),
            (
                "claims_on_unbillable",
                "skydrop_deposit",
                deposit,
                "state = 'cancelled'",
            ),
            ("unfit_payments", "account_payment", payment, "amount = 1000"),
            (
                "unfit_payments",
                "account_payment",
                payment,
                f"partner_id = {stranger.id}",
            ),
            ("lines", "account_move_line", line, "price_total = 1000"),
            ("lines", "account_move_line", line, "parent_state = 'draft'"),
            ("lines", "account_move_line", line, f"currency_id = {self.usd.id}"),
            ("totals", "account_move", self.invoice, "amount_total = 1739.99"),
            (
                "entries",
                "account_move_line",
                receivable,
                "amount_currency = 1, balance = 1",
            ),
            ("claims", "account_move_line", line, "skydrop_deposit_id = NULL"),
            ("unfrozen_invoices", "account_move", self.invoice, "skydrop_rfc = NULL"),
            ("wrong_claims", "account_move", self.invoice, "move_type = 'entry'"),
        ):
            with self.subTest(assignment, table=table), self.env.cr.savepoint() as sp:
                self.env.flush_all()
                self.env.cr.execute(
                    f"UPDATE {table} SET {assignment} WHERE id = %s", [record.id]
                )
                self.env.invalidate_all()
                found = self._find()
                self.assertTrue(
                    any(name.endswith(check) for name in found), (check, found)
                )
                sp.rollback()
                self.env.invalidate_all()

    def test_payment_left_open_is_found(self):
        self.invoice.line_ids.remove_move_reconcile()
        self.assertEqual(self._find(), {"_find_unsettled_invoices"})

    def test_every_difference_is_a_sentence_about_a_record(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE skydrop_deposit SET billing_date = '2020-01-01' WHERE id = %s",
            [self.other.id],
        )
        self.env.invalidate_all()
        (difference,) = self.other._check_consistency()
        self.assertEqual(difference["record"], self.other)
        self.assertIn(self.other.name, difference["message"])

    # ------------------------------------------------------------------
    # From the menu
    # ------------------------------------------------------------------

    def test_administrator_sees_the_list(self):
        Deposit = self.env["skydrop.deposit"].with_user(
            self._create_internal_user("group_manager", "group_manager")
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE skydrop_deposit SET billing_date = '2020-01-01' WHERE id = %s",
            [self.other.id],
        )
        self.env.invalidate_all()
        action = Deposit.action_check_consistency()
        issues = Deposit.env[action["res_model"]].search(action["domain"])
        self.assertIn(self.other, [issue.record_ref for issue in issues.sudo()])

    def test_only_administrators(self):
        Deposit = self.env["skydrop.deposit"].with_user(
            self._create_internal_user("group_accountant", "group_accountant")
        )
        with self.assertRaises(AccessError):
            Deposit.action_check_consistency()
