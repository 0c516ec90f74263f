import logging
import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SkydropCommon

_logger = logging.getLogger(__name__)

SOAK = int(os.environ.get("SKYDROP_SOAK", "1"))
pick = st.integers(min_value=0, max_value=10**6)


class ClaimMachine(RuleBasedStateMachine):
    """Everything that people do to deposits and their invoices, in any order."""

    case = None
    counts = {"done": 0, "refused": 0}

    def __init__(self):
        super().__init__()
        self.env = self.case.env
        self.savepoint = self.env.cr.savepoint()

    def teardown(self):
        self.savepoint.close(rollback=True)
        self.env.invalidate_all()

    @initialize(paid=st.booleans(), amounts=st.lists(pick, min_size=2, max_size=4))
    def begin(self, paid, amounts):
        case = self.case
        self.deposits = case._create_deposits(
            *[amount % 200_000 / 100 + 0.01 for amount in amounts]
        )
        if paid:
            self.deposits[0].payment_id = case._create_payment(self.deposits[0].amount)
        self.deposits += case._create_deposits(75.5, currency_id=case.usd.id)
        self.deposits += case._create_deposits(50, company_id=case.other_company.id)
        self.deposits[:2]._create_invoices()

    # ------------------------------------------------------------------
    # Helpers
    # ------------------------------------------------------------------

    @property
    def moves(self):
        self.deposits.invalidate_recordset(["invoice_ids"])
        return self.deposits.invoice_ids.sorted("id")

    def _deposit(self, number):
        return self.deposits[number % len(self.deposits)]

    def _move(self, number, **values):
        moves = self.moves.filtered_domain(
            [(field, "=", value) for field, value in values.items()]
        )
        return moves and moves[number % len(moves)]

    def _try(self, action, *args, **kwargs):
        """Act as a request does: all or nothing; a refusal is a sentence."""
        try:
            with self.env.cr.savepoint():
                result = action(*args, **kwargs)
                self.env.flush_all()
        except UserError as refused:
            self.counts["refused"] += 1
            assert len(str(refused)) > 20, refused
            self.env.invalidate_all()
            self.deposits = self.deposits.exists()
            return None
        self.counts["done"] += 1
        self.deposits = self.deposits.exists()
        return result

    # ------------------------------------------------------------------
    # Invoices
    # ------------------------------------------------------------------

    @rule(numbers=st.lists(pick, min_size=1, max_size=3))
    def generate(self, numbers):
        chosen = self.deposits.browse({self._deposit(number).id for number in numbers})
        self._try(chosen._create_invoices)

    @rule(number=pick, part=st.floats(min_value=0.1, max_value=1.2))
    def generate_part(self, number, part):
        deposit = self._deposit(number)
        amount = deposit.currency_id.round(deposit.amount * part) or 0.01
        self._try(deposit._create_invoices, amounts={deposit.id: amount})

    @rule(number=pick)
    def draft_by_hand(self, number):
        deposit = self._deposit(number)
        if deposit.company_id == self.case.other_company:
            return  # It has no journal: Odoo makes no draft there.
        self._try(
            lambda: self.env["account.move"].create(
                deposit._prepare_invoice_values(
                    deposit.partner_id, amounts={deposit.id: deposit.amount}
                )
            )
        )

    @rule(number=pick)
    def post(self, number):
        move = self._move(number, state="draft")
        if move:
            self._try(move.action_post)

    @rule(number=pick)
    def reset(self, number):
        move = self._move(number)
        if move:
            self._try(move.button_draft)

    @rule(number=pick)
    def cancel(self, number):
        move = self._move(number)
        if move:
            self._try(move.button_cancel)

    @rule(number=pick, price=st.floats(min_value=-50, max_value=2000))
    def edit_line(self, number, price):
        move = self._move(number, state="draft")
        if move:
            self._try(
                move.invoice_line_ids[0].write,
                {"price_unit": price, "extra_tax_data": False},
            )

    @rule(number=pick)
    def delete_line(self, number):
        move = self._move(number, state="draft")
        if move:
            self._try(move.invoice_line_ids[0].unlink)

    @rule(number=pick)
    def duplicate(self, number):
        move = self._move(number)
        if move:
            self._try(lambda: move.copy().action_post())

    @rule(number=pick)
    def delete(self, number):
        move = self._move(number)
        if move:
            self._try(move.unlink)

    # ------------------------------------------------------------------
    # Credit notes and replacements
    # ------------------------------------------------------------------

    @rule(number=pick, cancel=st.booleans())
    def credit(self, number, cancel):
        move = self._move(number, move_type="out_invoice", state="posted")
        if move:
            self._try(move._reverse_moves, cancel=cancel)

    @rule(number=pick, factor=st.floats(min_value=0.1, max_value=1.5))
    def credit_in_part(self, number, factor):
        move = self._move(number, move_type="out_invoice", state="posted")

        def act():
            refund = move._reverse_moves()
            for line in refund.invoice_line_ids:
                line.write(
                    {"price_unit": line.price_unit * factor, "extra_tax_data": False}
                )
            refund.action_post()

        if move:
            self._try(act)

    @rule(number=pick, linked=st.booleans())
    def credit_by_hand(self, number, linked):
        move = self._move(number, move_type="out_invoice")

        def act():
            line = move.invoice_line_ids[0]
            self.env["account.move"].create(
                {
                    "move_type": "out_refund",
                    "partner_id": move.partner_id.id,
                    "currency_id": move.currency_id.id,
                    "reversed_entry_id": False if linked else move.id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Bonificación",
                                "price_unit": 10,
                                "tax_ids": False,
                                "skydrop_deposit_id": linked
                                and line.skydrop_deposit_id.id,
                            }
                        )
                    ],
                }
            ).action_post()

        if move and move.invoice_line_ids:
            self._try(act)

    @rule(number=pick)
    def modify(self, number):
        """Odoo's «Reverse and create invoice»."""
        move = self._move(number, move_type="out_invoice", state="posted")

        def act():
            wizard = (
                self.env["account.move.reversal"]
                .with_context(active_model="account.move", active_ids=move.ids)
                .create({"journal_id": move.journal_id.id})
            )
            wizard.modify_moves()

        if move:
            self._try(act)

    @rule(number=pick, cut=st.floats(min_value=0.1, max_value=0.9), split=st.booleans())
    def replace(self, number, cut, split):
        move = self._move(number, move_type="out_invoice", state="posted")

        def act():
            if not split:
                return move._skydrop_create_replacements([{}])
            first, rest = {}, {}
            for deposit_id, part in move._skydrop_get_claims().items():
                first[deposit_id] = move.currency_id.round(part * cut)
                rest[deposit_id] = part - first[deposit_id]
            return move._skydrop_create_replacements(
                [{"amounts": first}, {"amounts": rest}]
            )

        if move:
            self._try(act)

    # ------------------------------------------------------------------
    # Deposits
    # ------------------------------------------------------------------

    @rule(number=pick, factor=st.floats(min_value=0.5, max_value=1.5))
    def change_amount(self, number, factor):
        deposit = self._deposit(number)
        amount = deposit.currency_id.round(deposit.amount * factor)
        self._try(deposit.write, {"amount": amount})

    @rule(number=pick)
    def cancel_deposit(self, number):
        self._try(self._deposit(number).action_cancel)

    @rule(number=pick)
    def archive_deposit(self, number):
        self._try(self._deposit(number).write, {"active": False})

    @rule(number=pick)
    def delete_deposit(self, number):
        if len(self.deposits) > 2:
            self._try(self._deposit(number).unlink)

    # ------------------------------------------------------------------
    # Always
    # ------------------------------------------------------------------

    @invariant()
    def consistent(self):
        if not hasattr(self, "deposits"):
            return
        self.env.flush_all()
        self.env.invalidate_all()
        for deposit in self.deposits:
            assert 0 <= deposit.amount_invoiced <= deposit.amount
            assert 0 <= deposit.amount_freed <= deposit.amount
        differences = self.deposits._check_consistency()
        assert not differences, differences


@tagged("post_install", "-at_install")
class TestClaimsRandom(SkydropCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create(
            {"name": "Otra emisora", "country_id": cls.env.ref("base.mx").id}
        )
        cls.env.user.company_ids += cls.other_company

    def test_the_life_of_a_claim(self):
        ClaimMachine.case = self
        run_state_machine_as_test(
            ClaimMachine,
            settings=settings(
                max_examples=5 * SOAK,
                stateful_step_count=18,
                deadline=None,
                phases=(Phase.explicit, Phase.generate),
                derandomize=SOAK == 1,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
        _logger.info("Life of a claim: %s", ClaimMachine.counts)
        self.assertGreater(ClaimMachine.counts["done"], 20)
        self.assertGreater(ClaimMachine.counts["refused"], 10)
