from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .automatic_common import AutomaticCommon


@tagged("post_install", "-at_install")
class TestAutoBilling(AutomaticCommon):
    """Windows, dates, what is taken and what is not (design, "Dates")."""

    # ------------------------------------------------------------------
    # Windows and dates
    # ------------------------------------------------------------------

    def test_by_month(self):
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("total")
        self.assertEqual(rule.start_date, date(2026, 11, 1))
        self.assertEqual(rule.covered_from, date(2026, 11, 1))
        self.assertEqual(rule.next_date, date(2026, 12, 1))
        # Before the day of activation, but of its month.
        early = self._deposit(100, "2026-11-01 07:00:00")
        # 30 November, 23:30 in Mexico City.
        late = self._deposit(200, "2026-12-01 05:30:00")
        december = self._deposit(400, "2026-12-01 06:00:00")
        self._run("2026-12-01 05:59:00")
        self.assertFalse(rule.invoice_ids)
        self._run("2026-12-01 06:05:00")
        invoice = rule.invoice_ids
        self.assertEqual(invoice.skydrop_deposit_ids, early + late)
        self.assertEqual(invoice.invoice_date, date(2026, 11, 30))
        self.assertEqual(invoice.date, date(2026, 11, 30))
        self.assertEqual(invoice.amount_total, 300)
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(rule.next_date, date(2027, 1, 1))
        self.assertEqual(december.invoice_status, "to_invoice")
        self._run("2026-12-01 08:00:00")
        self.assertEqual(rule.invoice_ids, invoice)

    def test_by_period_as_in_the_design(self):
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("period", period_days="15")
        self.assertEqual(rule.next_date, date(2026, 12, 9))
        self.assertEqual(
            [(window.first, window.last) for window in rule._get_next_windows(3)],
            [
                (date(2026, 11, 24), date(2026, 12, 8)),
                (date(2026, 12, 9), date(2026, 12, 23)),
                (date(2026, 12, 24), date(2027, 1, 7)),
            ],
        )
        first = self._deposit(100, "2026-12-08 18:00:00")
        second = self._deposit(100, "2026-12-09 18:00:00")
        self._run("2026-12-09 12:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, first)
        self.assertEqual(rule.invoice_ids.invoice_date, date(2026, 12, 8))
        self._run("2026-12-24 12:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, first + second)
        self.assertEqual(rule.next_date, date(2027, 1, 8))

    def test_by_deposit(self):
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("deposit")
            with self._captured_triggers() as triggers:
                deposits = self._deposit(100, "2026-11-24 18:00:00")
                deposits += self._deposit(200, "2026-11-24 18:00:00")
        self.assertTrue(triggers.records)
        self.assertFalse(rule.next_date)
        self._run("2026-11-25 18:00:00")
        self.assertEqual(len(rule.invoice_ids), 2)
        for deposit in deposits:
            self.assertEqual(deposit.invoice_ids.amount_total, deposit.amount)
            self.assertEqual(deposit.invoice_ids.invoice_date, date(2026, 11, 24))

    def test_other_deposits_wake_nobody_up(self):
        with freeze_time("2026-11-24 18:00:00"):
            self._switch_on("total")
            with self._captured_triggers() as triggers:
                self._deposit(100, "2026-11-24 18:00:00")
        self.assertFalse(triggers.records)

    def test_each_missed_window_has_its_invoice(self):
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("period", period_days="7")
        first = self._deposit(100, "2026-11-25 18:00:00")
        third = self._deposit(300, "2026-12-09 18:00:00")
        fourth = self._deposit(400, "2026-12-16 18:00:00")
        self._run("2026-12-23 18:00:00")
        invoices = rule.invoice_ids.sorted("id")
        self.assertEqual(invoices.mapped("amount_total"), [100, 300, 400])
        self.assertEqual(
            [invoice.skydrop_deposit_ids for invoice in invoices],
            [first, third, fourth],
        )
        # Too far back for the last day of the window, but for the last one.
        self.assertEqual(
            invoices.mapped("invoice_date"),
            [date(2026, 12, 23), date(2026, 12, 23), date(2026, 12, 21)],
        )
        self.assertEqual(rule.next_date, date(2026, 12, 29))

    def test_three_days_back_and_not_four(self):
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("total")
        self._deposit(100, "2026-11-25 18:00:00")
        self._run("2026-12-03 18:00:00")
        self.assertEqual(rule.invoice_ids.invoice_date, date(2026, 11, 30))
        self._deposit(100, "2026-12-25 18:00:00")
        self._run("2027-01-04 18:00:00")
        newest = rule.invoice_ids.sorted("id")[-1]
        self.assertEqual(newest.invoice_date, date(2027, 1, 4))

    def test_locked_month_is_dated_today(self):
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("total")
        self._deposit(100, "2026-11-25 18:00:00")
        self.company.sale_lock_date = date(2026, 11, 30)
        self._run("2026-12-01 18:00:00")
        self.assertEqual(rule.invoice_ids.invoice_date, date(2026, 12, 1))
        self.assertEqual(rule.invoice_ids.date, date(2026, 12, 1))

    def test_late_deposit_goes_into_the_next_invoice(self):
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("total")
        self._run("2026-12-01 18:00:00")
        self.assertFalse(rule.invoice_ids)
        late = self._deposit(100, "2026-11-25 18:00:00")
        self._run("2026-12-02 18:00:00")
        self.assertFalse(rule.invoice_ids)
        self._run("2027-01-01 18:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, late)

    def test_one_invoice_per_currency(self):
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("total")
        self._deposit(100, "2026-11-25 18:00:00")
        self._deposit(200, "2026-11-25 18:00:00")
        self._deposit(50, "2026-11-25 18:00:00", currency_id=self.usd.id)
        self._run("2026-12-01 18:00:00")
        self.assertEqual(
            {(move.currency_id, move.amount_total) for move in rule.invoice_ids},
            {(self.mxn, 300.0), (self.usd, 50.0)},
        )

    # ------------------------------------------------------------------
    # Covered or not
    # ------------------------------------------------------------------

    def test_pending_deposits_are_left_or_included(self):
        with freeze_time("2026-11-20 18:00:00"):
            pending = self._deposit(100, "2026-10-05 18:00:00")
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("total")
            self._deposit(200, "2026-11-25 18:00:00", freeze=False)
        self._run("2026-12-01 18:00:00")
        self.assertEqual(rule.invoice_ids.amount_total, 200)
        with freeze_time("2026-12-01 19:00:00"):
            self._switch_on("total", include_pending=True)
        self.assertEqual(rule.covered_from, date(2026, 10, 5))
        self._run("2027-01-01 18:00:00")
        self.assertEqual(pending.invoice_ids.skydrop_auto_billing_id, rule)

    def test_another_mode_takes_over_what_the_old_one_left(self):
        with freeze_time("2026-11-03 18:00:00"):
            rule = self._switch_on("total")
            left = self._deposit(100, "2026-11-03 18:00:00")
        with freeze_time("2026-11-24 18:00:00"):
            self._switch_on("period", period_days="7")
            self.assertEqual(rule.start_date, date(2026, 11, 24))
            self.assertEqual(rule.covered_from, date(2026, 11, 1))
            new = self._deposit(200, "2026-11-24 18:00:00")
        self._run("2026-12-01 18:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, left + new)

    def test_by_deposit_takes_what_was_left_in_one_invoice(self):
        with freeze_time("2026-11-03 18:00:00"):
            rule = self._switch_on("total")
            left = self._deposit(100, "2026-11-03 18:00:00")
            left += self._deposit(100, "2026-11-04 00:00:00")
        with freeze_time("2026-11-24 18:00:00"):
            self._switch_on("deposit")
            new = self._deposit(200, "2026-11-24 18:00:00")
        self._run("2026-11-24 18:05:00")
        first, second = rule.invoice_ids.sorted("name")
        self.assertEqual(first.skydrop_deposit_ids, left)
        self.assertEqual(first.invoice_date, date(2026, 11, 24))
        self.assertEqual(second.skydrop_deposit_ids, new)

    def test_off_and_on_again(self):
        with freeze_time("2026-11-03 18:00:00"):
            rule = self._switch_on("total")
            before = self._deposit(100, "2026-11-03 18:00:00")
            rule.active = False
        self._run("2026-12-01 18:00:00")
        self.assertFalse(rule.invoice_ids)
        with freeze_time("2026-12-10 18:00:00"):
            self._switch_on("total")
            self.assertEqual(rule.covered_from, date(2026, 12, 10))
            self.assertEqual(rule.next_date, date(2027, 1, 1))
            after = self._deposit(200, "2026-12-10 18:00:00")
        self._run("2027-01-01 18:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, after)
        self.assertEqual(before.invoice_status, "to_invoice")

    def test_freed_amounts_are_left_to_a_person(self):
        with freeze_time("2026-11-03 18:00:00"):
            rule = self._switch_on("total")
            deposit = self._deposit(100, "2026-11-03 18:00:00")
            part = self._deposit(1000, "2026-11-03 18:00:00")
            deposit._create_invoices().button_cancel()
            part._create_invoices(amounts={part.id: 400}).button_cancel()
        self.assertEqual(part.amount_freed, 400)
        self._run("2026-12-01 18:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, part)
        self.assertEqual(rule.invoice_ids.amount_total, 600)
        self.assertEqual(deposit.amount_to_invoice, 100)
        self._run("2027-01-01 18:00:00")
        self.assertEqual(len(rule.invoice_ids), 1)

    def test_by_hand_at_any_time(self):
        with freeze_time("2026-11-03 18:00:00"):
            rule = self._switch_on("total")
            by_hand = self._deposit(100, "2026-11-03 18:00:00")
            left = self._deposit(200, "2026-11-03 18:00:00")
            by_hand._create_invoices()
        self._run("2026-12-01 18:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, left)

    def test_only_payments(self):
        with freeze_time("2026-11-03 18:00:00"):
            rule = self._switch_on("deposit")
            self._deposit(100, "2026-11-03 18:00:00", origin="coupon")
        self._run("2026-11-03 18:05:00")
        self.assertFalse(rule.invoice_ids)

    def test_receiver_of_the_customer(self):
        receiver = self.env["res.partner"].create(
            {
                "name": "Luna Norte",
                "parent_id": self.customer.id,
                "is_company": True,
                "type": "other",
                "vat": "RASJ8506143KA",
                "zip": "64000",
                "skydrop_legal_name": "JUANA RAMIREZ",
                "skydrop_fiscal_regime": "612",
                "skydrop_cfdi_use": "G03",
            }
        )
        with freeze_time("2026-11-03 18:00:00"):
            rule = self._switch_on("deposit", receiver=receiver)
            self._deposit(100, "2026-11-03 18:00:00")
        self._run("2026-11-03 18:05:00")
        self.assertEqual(rule.invoice_ids.partner_id, receiver)
        self.assertEqual(rule.invoice_ids.skydrop_rfc, "RASJ8506143KA")
        with self.assertRaises(ValidationError):
            rule.receiver_id = self._create_customer("Otra", vat="TSM110920Q17")

    # ------------------------------------------------------------------
    # Companies and access
    # ------------------------------------------------------------------

    def test_companies_stay_apart(self):
        other = self.env["res.company"].create(
            {"name": "Otra", "country_id": self.env.ref("base.mx").id}
        )
        self.env["account.chart.template"].try_loading("mx", other)
        other._skydrop_set_up()
        with freeze_time("2026-11-03 18:00:00"):
            rule = self._switch_on("deposit")
            theirs = (
                self.env["skydrop.auto.billing"]
                .with_context(allowed_company_ids=[self.company.id, other.id])
                ._switch_on(self.customer, other, "total")
            )
            self._deposit(100, "2026-11-03 18:00:00")
            deposit = self._deposit(200, "2026-11-03 18:00:00", company_id=other.id)
        self._run("2026-12-01 18:00:00")
        self.assertEqual(rule.invoice_ids.mapped("amount_total"), [100])
        self.assertEqual(theirs.invoice_ids.skydrop_deposit_ids, deposit)
        self.assertEqual(theirs.invoice_ids.company_id, other)
        self.assertEqual(
            theirs.invoice_ids.journal_id.company_id, theirs.invoice_ids.company_id
        )

    def test_nobody_else_calls_the_buttons(self):
        rule = self._switch_on("deposit")
        support = self._create_internal_user("soporte_auto", "group_support")
        for user in (self.portal_user, support):
            for method in ("action_run", "action_retry"):
                with self.subTest(user.login, method=method):
                    with self.assertRaises(AccessError):
                        getattr(rule.with_user(user), method)()
        with self.assertRaises(AccessError):
            rule.with_user(self.portal_user).action_preview()
        self.assertEqual(rule.with_user(support).action_preview(), [])

    def test_preview_writes_nothing(self):
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("total")
        deposit = self._deposit(100, "2026-11-25 18:00:00")
        moves = self.env["account.move"].search_count([])
        with freeze_time("2026-12-01 18:00:00"):
            (row,) = rule.action_preview()
        self.assertEqual(
            row,
            {
                "rule_id": rule.id,
                "customer": self.customer.display_name,
                "date_from": date(2026, 11, 1),
                "date_to": date(2026, 11, 30),
                "invoice_date": date(2026, 11, 30),
                "deposit_ids": deposit.ids,
                "count": 1,
                "total": 100.0,
                "currency": "MXN",
                "problems": [],
            },
        )
        self.assertEqual(self.env["account.move"].search_count([]), moves)
        self.assertEqual(rule.next_date, date(2026, 12, 1))

    def test_run_by_hand(self):
        accountant = self._create_internal_user("contadora_auto", "group_accountant")
        with freeze_time("2026-11-24 18:00:00"):
            rule = self._switch_on("total")
        self._deposit(100, "2026-11-25 18:00:00")
        with freeze_time("2026-12-01 18:00:00"):
            rule.with_user(accountant).action_run()
        self.assertEqual(rule.invoice_ids.amount_total, 100)
        run = self.env["skydrop.auto.billing.run"].search([], limit=1)
        self.assertEqual((run.generated, run.amount, run.failed), (1, 100, 0))

    def test_made_on_the_form(self):
        """The dates that an accountant leaves empty are those of a customer's rule."""
        accountant = self._create_internal_user("reglas-prueba", "group_accountant")
        with freeze_time("2026-11-24 18:00:00"):
            with Form(self.rules.with_user(accountant)) as form:
                form.partner_id = self.customer
                form.mode = "period"
                form.period_days = "15"
            with Form(form.record) as form:
                form.covered_from = False
        self.assertRecordValues(
            form.record,
            [
                {
                    "covered_from": date(2026, 11, 24),
                    "start_date": date(2026, 11, 24),
                    "next_date": date(2026, 12, 9),
                }
            ],
        )

    def test_one_rule_a_customer(self):
        self._switch_on("deposit")
        contact = self.portal_user.partner_id
        with self.assertRaisesRegex(ValidationError, "contact"):
            self.env["skydrop.auto.billing"].create(
                {"partner_id": contact.id, "mode": "total"}
            )

    def test_runs_are_kept_400_days(self):
        Run = self.env["skydrop.auto.billing.run"]
        old, recent = Run.create(
            [
                {"company_id": self.company.id, "date": datetime(2025, 10, 1)},
                {"company_id": self.company.id, "date": datetime(2026, 10, 1)},
            ]
        )
        with freeze_time("2026-11-24 18:00:00"):
            Run._gc_runs()
        self.assertFalse(old.exists())
        self.assertTrue(recent.exists())
