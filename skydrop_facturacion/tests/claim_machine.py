from collections import Counter, defaultdict
from itertools import cycle
from traceback import extract_tb

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from odoo import Command
from odoo.exceptions import UserError

# What may never happen, whatever came before.
FORBIDDEN = {
    "generate_mixed",
    "credit_too_much",
    "credit_by_hand_unlinked",
    "credit_of_no_invoice",
}
STEPS = (
    *(
        "generate",
        "generate_together",
        "generate_mixed",
        "generate_part",
        "draft_by_hand",
    ),
    *("post", "reset", "cancel", "edit_line", "delete_line", "duplicate", "delete"),
    *("credit", "credit_as_draft", "credit_in_part", "credit_too_much"),
    *("credit_by_hand", "credit_by_hand_unlinked", "credit_of_no_invoice", "modify"),
    *("replace", "split", "replace_then_cancel", "cancel_then_replace"),
    *("add_deposit", "lower_amount", "raise_amount"),
    *("cancel_deposit", "archive_deposit", "delete_deposit"),
)


class ClaimMachine(RuleBasedStateMachine):
    """Everything that people do to deposits and their invoices, in any order, in two
    currencies and two companies. Each step acts on what a number picks, and takes a
    part between nothing and one.

    :cvar case: the test, with its ``company``, ``other_company`` and ``usd``
    :cvar Counter counts: how often each step was ``done``, ``refused`` or had nothing
        to act on (``idle``)
    """

    case = None
    counts = Counter()

    def __init__(self):
        super().__init__()
        self.env = self.case.env
        self.savepoint = self.env.cr.savepoint()

    def teardown(self):
        self.savepoint.close(rollback=True)
        self.env.invalidate_all()

    @initialize(
        paid=st.booleans(),
        amounts=st.lists(st.integers(0, 10**6), min_size=4, max_size=4),
        order=st.permutations(STEPS),
    )
    def begin(self, paid, amounts, order):
        case = self.case
        # Hypothesis would leave most of its rules out of a few examples.
        self.order = cycle(order)
        pesos, dollars, theirs, whole = (
            amount % 200_000 / 100 + 0.01 for amount in amounts
        )
        self.deposits = case._create_deposits(pesos, whole)
        if paid:
            self.deposits[0].payment_id = case._create_payment(pesos)
        self.deposits += case._create_deposits(dollars, currency_id=case.usd.id)
        self.deposits += case._create_deposits(theirs, company_id=case.other_company.id)
        for deposits in (self.deposits[:2], self.deposits[2], self.deposits[3]):
            deposits._create_invoices()

    @rule(number=st.integers(0, 10**6), part=st.floats(0.1, 0.9))
    def act(self, number, part):
        """All or nothing, as a request does."""
        name = next(self.order)
        note(name)
        names = self._get_names()
        try:
            with self.env.cr.savepoint():
                idle = getattr(self, name)(number, part) is False
                self.env.flush_all()
            outcome = "idle" if idle else "done"
        except UserError as refused:
            outcome = "refused"
            if name != "generate_mixed":  # that one is about the choice
                self._check_refusal(refused, names)
            self.env.invalidate_all()
        self.counts[name, outcome] += 1
        assert outcome != "done" or name not in FORBIDDEN, name
        self.deposits = self.deposits.exists()

    # ------------------------------------------------------------------
    # Helpers
    # ------------------------------------------------------------------

    @property
    def moves(self):
        self.deposits.invalidate_recordset(["invoice_ids"])
        return self.deposits.invoice_ids.sorted("id")

    def _deposit(self, number):
        return self.deposits[number % len(self.deposits)]

    def _move(self, number, *states, move_type=None):
        """One of the moves in these states, in its company; empty if there is none."""
        moves = self.moves.filtered(
            lambda move: (
                (not states or move.state in states)
                and move_type in (None, move.move_type)
            )
        )
        move = moves[number % len(moves)] if moves else moves
        return move.with_company(move.company_id)

    def _issued(self, number):
        return self._move(number, "posted", move_type="out_invoice")

    def _get_names(self):
        moves = self.moves
        return {*self.deposits.mapped("name"), *moves.mapped("display_name")}

    def _check_refusal(self, refused, names):
        """A refusal is a sentence; ours name the deposit or the invoice."""
        message = str(refused)
        assert len(message) > 20 and "psycopg2" not in message, message
        raised_in = extract_tb(refused.__traceback__)[-1].filename
        if "skydrop_facturacion/models" in raised_in:
            names |= {move.display_name for move in self.moves}
            assert any(name in message for name in names) or "Draft" in message, message

    # ------------------------------------------------------------------
    # Invoices
    # ------------------------------------------------------------------

    def generate(self, number, part):
        self._deposit(number)._create_invoices()

    def generate_together(self, number, part):
        deposit = self._deposit(number)
        new = self.case._create_deposits(
            2000 * round(part, 2),
            currency_id=deposit.currency_id.id,
            company_id=deposit.company_id.id,
        )
        self.deposits += new
        (deposit | new)._create_invoices()

    def generate_mixed(self, number, part):
        """Of two currencies or two companies."""
        deposit = self._deposit(number)
        others = self.deposits.filtered(
            lambda other: (
                (other.currency_id, other.company_id)
                != (deposit.currency_id, deposit.company_id)
            )
        )
        if not others:
            return False
        (deposit | others[0])._create_invoices()
        return True

    def generate_part(self, number, part):
        deposit = self._deposit(number)
        amount = deposit.currency_id.round(deposit.amount_to_invoice * part) or 0.01
        deposit._create_invoices(amounts={deposit.id: amount})

    def draft_by_hand(self, number, part):
        deposit = self._deposit(number)
        self.env["account.move"].with_company(deposit.company_id).create(
            deposit._prepare_invoice_values(
                deposit.partner_id,
                amounts={deposit.id: deposit.amount_to_invoice or deposit.amount},
            )
        )

    def post(self, number, part):
        move = self._move(number, "draft")
        move.action_post()
        return bool(move)

    def reset(self, number, part):
        self._move(number, "posted", "cancel").button_draft()

    def cancel(self, number, part):
        self._move(number, "draft", "posted").button_cancel()

    def edit_line(self, number, part):
        """Also to a price below zero."""
        lines = self._move(number, "draft").invoice_line_ids[:1]
        lines.write({"price_unit": 2000 * part - 250, "extra_tax_data": False})
        return bool(lines)

    def delete_line(self, number, part):
        lines = self._move(number, "draft").invoice_line_ids[:1]
        lines.unlink()
        return bool(lines)

    def duplicate(self, number, part):
        copy = self._move(number).copy()
        assert not copy.invoice_line_ids.skydrop_deposit_id
        copy.action_post()

    def delete(self, number, part):
        move = self._move(number)
        move.unlink()
        return bool(move)

    # ------------------------------------------------------------------
    # Credit notes
    # ------------------------------------------------------------------

    def credit(self, number, part):
        return bool(self._issued(number)._reverse_moves(cancel=True))

    def credit_as_draft(self, number, part):
        return bool(self._issued(number)._reverse_moves())

    def credit_in_part(self, number, part):
        return self._credit_times(number, part)

    def credit_too_much(self, number, part):
        return self._credit_times(number, 2 + part)

    def _credit_times(self, number, factor):
        refund = self._issued(number)._reverse_moves()
        for line in refund.invoice_line_ids:
            line.write(
                {"price_unit": line.price_unit * factor, "extra_tax_data": False}
            )
        refund.action_post()
        return bool(refund)

    def credit_by_hand(self, number, part):
        return self._credit_by_hand(number, reverses=True, links=True)

    def credit_by_hand_unlinked(self, number, part):
        return self._credit_by_hand(number, reverses=True, links=False)

    def credit_of_no_invoice(self, number, part):
        return self._credit_by_hand(number, reverses=False, links=True)

    def _credit_by_hand(self, number, reverses, links):
        move = self._issued(number)
        if not move:
            return False
        deposit = move.invoice_line_ids[0].skydrop_deposit_id
        line = {
            "name": "Bonificación",
            "price_unit": 0.01,
            "tax_ids": False,
            "skydrop_deposit_id": links and deposit.id,
        }
        refund = move.create(
            {
                "move_type": "out_refund",
                "partner_id": move.partner_id.id,
                "currency_id": move.currency_id.id,
                "reversed_entry_id": reverses and move.id,
                "invoice_line_ids": [Command.create(line)],
            }
        )
        refund.action_post()
        return True

    def modify(self, number, part):
        """Odoo's «Reverse and create invoice»."""
        move = self._issued(number)
        if not move:
            return False
        wizard = (
            self.env["account.move.reversal"]
            .with_company(move.company_id)
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id})
        )
        wizard.modify_moves()
        return True

    # ------------------------------------------------------------------
    # Replacements
    # ------------------------------------------------------------------

    def replace(self, number, part):
        return bool(self._replace(self._issued(number)))

    def split(self, number, part):
        return bool(self._replace(self._issued(number), part))

    def replace_then_cancel(self, number, part):
        move = self._issued(number)
        self._replace(move, part).action_post()
        move.button_cancel()
        return bool(move)

    def cancel_then_replace(self, number, part):
        move = self._issued(number)
        drafts = self._replace(move)
        move.button_cancel()
        drafts.action_post()
        return bool(move)

    def _replace(self, move, part=None):
        """Draft one replacement, or two that share each deposit."""
        if not move or part is None:
            return move and move._skydrop_create_replacements([{}])
        first, rest = {}, {}
        for deposit_id, claimed in move._skydrop_get_claims().items():
            first[deposit_id] = move.currency_id.round(claimed * part)
            rest[deposit_id] = claimed - first[deposit_id]
        return move._skydrop_create_replacements(
            [{"amounts": first}, {"amounts": rest}]
        )

    # ------------------------------------------------------------------
    # Deposits
    # ------------------------------------------------------------------

    def add_deposit(self, number, part):
        case = self.case
        self.deposits += case._create_deposits(
            2000 * round(part, 2),
            currency_id=(case.usd if number % 2 else case.mxn).id,
            company_id=(case.other_company if number % 3 else case.company).id,
        )

    def lower_amount(self, number, part):
        self._change_amount(number, part)

    def raise_amount(self, number, part):
        self._change_amount(number, 1 + part)

    def _change_amount(self, number, factor):
        deposit = self._deposit(number)
        deposit.amount = deposit.currency_id.round(deposit.amount * factor) or 0.01

    def cancel_deposit(self, number, part):
        self._deposit(number).action_cancel()

    def archive_deposit(self, number, part):
        self._deposit(number).active = False

    def delete_deposit(self, number, part):
        if len(self.deposits) < 3:
            return False
        self._deposit(number).unlink()
        return True

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
            claimed = self._get_claimed_in_journal(deposit)
            assert not deposit.currency_id.compare_amounts(
                deposit.amount_invoiced, claimed
            ), (deposit.name, deposit.amount_invoiced, claimed)
        differences = self.deposits._check_consistency()
        assert not differences, differences

    def _get_claimed_in_journal(self, deposit):
        """Add up in another way than the addon what the database's entries claim."""
        self.env.cr.execute(
            """SELECT move.move_type, move.state, move.id, move.reversed_entry_id,
                      move.skydrop_replaces_id, SUM(GREATEST(line.price_total, 0))
                 FROM account_move_line line
                 JOIN account_move move ON move.id = line.move_id
                WHERE line.skydrop_deposit_id = %s
             GROUP BY move.id""",
            [deposit.id],
        )
        own, replacements, replaces = defaultdict(float), defaultdict(list), {}
        rows = self.env.cr.fetchall()
        for move_type, state, move_id, reversed_id, replaced_id, total in rows:
            if move_type == "out_invoice":
                own[move_id] += float(total) if state != "cancel" else 0.0
                replacements[replaced_id].append(move_id)
                replaces[move_id] = replaced_id
            elif state == "posted":
                own[reversed_id] -= float(total)

        def claim_of(move_id):
            mine = own[move_id]
            theirs = sum(claim_of(each) for each in replacements[move_id])
            # The larger one; what was credited too much stays.
            return max(mine, theirs) if mine >= 0 else mine + theirs

        roots = [
            move_id
            for move_id in own
            if not replaces.get(move_id) or replaces[move_id] not in own
        ]
        return sum(claim_of(move_id) for move_id in roots)
