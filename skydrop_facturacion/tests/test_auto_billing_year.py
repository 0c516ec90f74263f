from collections import Counter
from datetime import datetime, timedelta

from freezegun import freeze_time
from hypothesis import given, seed
from hypothesis import strategies as st

from odoo.tests import tagged

from .automatic_common import AutomaticCommon
from .random_common import SEED, random_settings, tell

START = datetime(2026, 1, 1, 18)  # noon in Mexico City
YEAR = 365
EVENTS = st.lists(
    st.tuples(
        st.integers(0, YEAR),
        st.sampled_from(
            [
                *["deposit"] * 4,
                *["run"] * 3,
                "late deposit",
                "dollars",
                "coupon",
                "total",
                "deposit mode",
                "period",
                "off",
                "by hand",
                "part by hand",
                "cancel an invoice",
                "ask",
                "answer",
                "trouble",
                "mend",
            ]
        ),
        st.integers(1, 100_000),
    ),
    min_size=10,
    max_size=30,
)


@tagged("post_install", "-at_install")
class TestAutoBillingYear(AutomaticCommon):
    """A year with all that customers and people do, and weeks in which the server is
    down, between two runs: each covered deposit is invoiced once, or freed, or held by
    a request; nothing else is."""

    def test_year(self):
        self.counts = Counter()
        self._try_years()
        tell("years of automatic invoicing", self.counts)

    @seed(SEED)
    @random_settings(3)
    @given(EVENTS)
    def _try_years(self, events):
        # Each example starts from nothing.
        with self.env.cr.savepoint() as savepoint:
            self._live(events)
            savepoint.rollback()
        self.env["account.move"]._get_sequence_cache().clear()

    def _live(self, events):
        customer = self._create_customer("Año")
        rule = self.rules._switch_on(customer, self.company, "total")
        rule.write({"covered_from": "2026-01-01", "start_date": "2026-01-01"})
        for day, event, number in sorted(events, key=lambda event: event[0]):
            with freeze_time(START + timedelta(days=day)):
                self._happen(rule, event, number)
        with freeze_time(START + timedelta(days=YEAR + 40)):
            self._mend(rule)
            if not rule.active:
                self.rules._switch_on(customer, self.company, "period", period_days="7")
            self._run_and_check(rule)
        with freeze_time(START + timedelta(days=YEAR + 80)):
            self._run_and_check(rule)
            # All is done: another run finds nothing.
            count = len(rule.invoice_ids)
            self._run_and_check(rule)
        self.assertEqual(len(rule.invoice_ids), count)
        self._check_all_invoiced(rule)
        self.assertEqual(self._get_deposits(rule)._check_consistency(), [])

    def _get_deposits(self, rule):
        return self.env["skydrop.deposit"].search(
            [("partner_id", "=", rule.partner_id.id)], order="id"
        )

    def _happen(self, rule, event, number):
        self.counts[event] += 1
        now = datetime.now()
        customer, amount = rule.partner_id, number / 100
        deposits = self._get_deposits(rule)
        posted = deposits.invoice_ids.filtered(lambda move: move.state == "posted")
        if event in ("deposit", "late deposit", "dollars", "coupon"):
            late = timedelta(days=number % 40 if event == "late deposit" else 0)
            self._create_deposits(
                amount,
                partner_id=customer.id,
                date=now - late,
                currency_id=(self.usd if event == "dollars" else self.mxn).id,
                origin="coupon" if event == "coupon" else "payment",
            )
        elif event in ("total", "deposit mode", "period"):
            self.rules._switch_on(
                customer,
                self.company,
                event.split()[0],
                period_days=("7", "15", "21")[number % 3],
                include_pending=number % 2 == 0,
            )
        elif event == "off":
            rule.active = False
        elif event in ("by hand", "part by hand"):
            open_ones = deposits.filtered(
                lambda deposit: (
                    deposit.amount_to_invoice and not deposit._is_billing_blocked()
                )
            )[:1]
            part = self.mxn.round(open_ones.amount_to_invoice / 2) if open_ones else 0
            if part and customer.zip:
                amounts = {open_ones.id: part} if event == "part by hand" else None
                open_ones._create_invoices(amounts=amounts)
        elif event == "cancel an invoice":
            posted[:1].button_cancel()
        elif event == "ask":
            self._ask(posted[:1])
        elif event == "answer":
            self._answer(posted.skydrop_change_request_ids, number)
        elif event == "trouble":
            customer.zip = False
        elif event == "mend":
            self._mend(rule)
        else:
            self._run_and_check(rule)

    def _ask(self, invoice):
        if invoice and not invoice._skydrop_get_open_request():
            invoice.skydrop_change_request_ids.create(
                {"invoice_id": invoice.id, "request_type": "cancel", "reason": "02"}
            ).action_send()

    def _answer(self, requests, number):
        request = requests.filtered(lambda request: request.state == "sent")[:1]
        if request:
            request.rejection_reason = "No procede."
            answers = (request._withdraw, request.action_reject, request.action_done)
            answers[number % 3]()

    def _mend(self, rule):
        rule.partner_id.zip = "44100"

    def _run_and_check(self, rule):
        """Run the job; what it made is covered, due, held by nobody and in one
        currency."""
        before, was_active = rule.invoice_ids, rule.active
        covered_from, today = rule.covered_from, self.rules._get_today(self.company)
        freed = {deposit: deposit.amount_freed for deposit in self._get_deposits(rule)}
        held = self._get_deposits(rule).filtered(
            lambda deposit: deposit.billing_block == "request"
        )
        self._run()
        made = rule.invoice_ids - before
        self.counts["invoices"] += len(made)
        self.assertFalse(made.skydrop_deposit_ids & held)
        if not was_active or not rule.partner_id.zip:
            self.assertFalse(made)
            self.counts["failures"] += bool(rule.last_error)
            return
        self.assertFalse(rule.last_error)
        for move in made:
            self.assertEqual(move.state, "posted")
            self.assertLessEqual(move.invoice_date, today)
            self.assertLessEqual((today - move.invoice_date).days, 3)
            for deposit in move.skydrop_deposit_ids:
                self.assertGreaterEqual(deposit.billing_date, covered_from)
                self.assertEqual(deposit.origin, "payment")
                self.assertEqual(deposit.amount_freed, freed[deposit])
                if rule.mode != "deposit":
                    self.assertLess(deposit.billing_date, rule.next_date)
        if rule.next_date:
            self.assertGreater(rule.next_date, today)

    def _check_all_invoiced(self, rule):
        for deposit in self._get_deposits(rule):
            self.counts["held in the end"] += deposit.billing_block == "request"
            with self.subTest(deposit=deposit.name):
                if deposit.billing_block == "request":
                    self.assertTrue(deposit._get_holding_request())
                elif deposit.origin != "payment":
                    self.assertFalse(deposit.invoice_ids)
                elif deposit.billing_date >= rule.covered_from:
                    self.assertAlmostEqual(
                        deposit.amount_to_invoice, deposit.amount_freed
                    )
                claims = deposit.invoice_line_ids.filtered(
                    lambda line: line.parent_state == "posted"
                )
                self.assertAlmostEqual(
                    sum(claims.mapped("price_total")), deposit.amount_invoiced
                )
