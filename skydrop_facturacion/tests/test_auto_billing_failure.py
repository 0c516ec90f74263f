from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tools import file_open, mute_logger

from ..models import skydrop_auto_billing_cron, skydrop_auto_billing_generate
from .automatic_common import AutomaticCommon


class Refusal(UserError):
    """What an addon says when it does not want an invoice."""


GENERATE = "odoo.addons.skydrop_facturacion.models.skydrop_auto_billing_generate"
FIRST_OF_DECEMBER = "2026-12-01 18:00:00"


@tagged("post_install", "-at_install")
class TestAutoBillingFailure(AutomaticCommon):
    """One customer's problem is theirs alone, is seen, and is tried again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = (
            cls.customer + cls._create_customer("B") + cls._create_customer("C")
        )
        with freeze_time("2026-11-24 18:00:00"):
            cls.three = cls.rules.concat(
                *[
                    cls.rules._switch_on(customer, cls.company, "total")
                    for customer in cls.customers
                ]
            )
            for customer in cls.customers:
                cls._create_deposits(
                    100,
                    partner_id=customer.id,
                    date=Datetime.to_datetime("2026-11-24 18:00:00"),
                )
        cls.bad = cls.three[1]

    def _break_post(self, action):
        """Have an addon do something when the bad customer's invoice is posted."""
        Move = self.registry["account.move"]
        post = Move._post
        bad_partner = self.bad.partner_id

        def _post(moves, soft=True):
            for move in moves:
                if move.partner_id == bad_partner:
                    action(move)
            return post(moves, soft)

        self.patch(Move, "_post", _post)

    def _check_good_ones(self):
        good = self.three - self.bad
        for rule in good:
            self.assertEqual(rule.invoice_ids.mapped("state"), ["posted"])
            self.assertFalse(rule.last_error)
            self.assertFalse(rule.activity_ids)

    def _check_bad_one(self, words):
        self.assertFalse(self.bad.invoice_ids)
        self.assertIn(words, self.bad.last_error)
        self.assertEqual(self.bad.next_date, date(2026, 12, 1))
        self.assertEqual(len(self.bad.activity_ids), 1)

    @mute_logger(GENERATE)
    def test_an_addon_raises(self):
        def refuse(move):
            raise Refusal("El PAC no contesta")

        self._break_post(refuse)
        self._run(FIRST_OF_DECEMBER)
        self._check_good_ones()
        self._check_bad_one("El PAC no contesta")
        run = self.env["skydrop.auto.billing.run"].search([], limit=1)
        self.assertEqual((run.generated, run.failed, run.amount), (2, 1, 200.0))

    @mute_logger(GENERATE, "odoo.sql_db")
    def test_an_addon_breaks_the_transaction(self):
        def break_transaction(move):
            try:
                move.env.cr.execute("SELECT nothing FROM nowhere")
            except Exception:
                return

        self._break_post(break_transaction)
        self._run(FIRST_OF_DECEMBER)
        self._check_good_ones()
        self._check_bad_one("InFailedSqlTransaction")

    def test_somebody_in_the_way_is_no_failure(self):
        calls = []

        def give_way(move):
            calls.append(move)
            if len(calls) < 3:
                raise SerializationFailure()

        self._break_post(give_way)
        self._run(FIRST_OF_DECEMBER)
        self.assertEqual(len(self.three.invoice_ids), 3)
        self.assertFalse(any(self.three.mapped("failure_count")))

    def test_somebody_stays_in_the_way(self):
        def give_way(move):
            raise SerializationFailure()

        with patch.object(skydrop_auto_billing_cron.time, "sleep"):
            self._break_post(give_way)
            self._run(FIRST_OF_DECEMBER)
        self.assertFalse(any(self.three.mapped("failure_count")))
        self.assertFalse(any(self.three.mapped("last_error")))
        trigger = self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)])
        self.assertTrue(trigger, "the job is called again soon")

    @mute_logger(GENERATE)
    def test_what_comes_before_the_failure_is_kept(self):
        with freeze_time("2026-12-10 18:00:00"):
            bad = self._deposit(
                500, "2026-12-10 18:00:00", partner_id=self.bad.partner_id.id
            )

        def refuse(move):
            if move.amount_total == 500:
                raise Refusal("No")

        self._break_post(refuse)
        self._run("2027-01-01 18:00:00")
        self.assertEqual(self.bad.invoice_ids.mapped("amount_total"), [100])
        self._run("2027-01-01 18:05:00")
        self.assertEqual(self.bad.last_error, "No")
        self.assertEqual(bad.invoice_status, "to_invoice")

    def test_many_are_isolated_in_tens(self):
        customers = self.customers.concat(
            *[self._create_customer(f"Cliente {number}") for number in range(20)]
        )
        with freeze_time("2026-11-24 18:00:00"):
            for customer in customers - self.customers:
                self._switch_on("total", customer)
                self._create_deposits(100, partner_id=customer.id)
                self._deposit(100, "2026-11-24 18:00:00", partner_id=customer.id)
        sizes = []
        Move = self.registry["account.move"]
        post = Move._post
        bad_partners = self.bad.partner_id + customers[5]

        def _post(moves, soft=True):
            sizes.append(len(moves))
            if bad_partners & moves.partner_id:
                raise Refusal("No")
            return post(moves, soft)

        self.patch(Move, "_post", _post)
        with mute_logger(GENERATE):
            self._run(FIRST_OF_DECEMBER)
        failed = self.rules.search([("last_error", "=", "No")])
        self.assertEqual(failed.partner_id, bad_partners)
        self.assertEqual(len(self.rules.search([]).invoice_ids), len(customers) - 2)
        # Of the first ten the second fails, and of the eight after it the fourth.
        self.assertEqual(sizes, [23, 10, 1, 1, 8, 1, 1, 1, 1, 4, 10, 3])

    # ------------------------------------------------------------------
    # Known causes
    # ------------------------------------------------------------------

    def _check_known(self, words, rules=None):
        """Nothing is created for rules whose problem is known beforehand."""
        created = []
        Move = self.registry["account.move"]
        create = Move.create

        def count(moves, vals_list):
            created.extend(vals_list)
            return create(moves, vals_list)

        with patch.object(Move, "create", count):
            self._run(FIRST_OF_DECEMBER)
        failed = self.three if rules is None else rules
        self.assertEqual(len(created), len(self.three - failed))
        for rule in failed:
            self.assertIn(words, rule.last_error)
            self.assertEqual(rule.failure_count, 1)

    def test_incomplete_receiver(self):
        self.bad.partner_id.zip = False
        self._check_known("postcode", self.bad)
        self.assertEqual(self.bad.last_error_code, "receiver")
        self._check_good_ones()

    def test_archived_receiver(self):
        self.bad.partner_id.active = False
        self._check_known("archived", self.bad)

    def test_archived_journal(self):
        self.company.skydrop_journal_id.active = False
        self._check_known("archived")

    def test_locked_period(self):
        self.company.sale_lock_date = date(2026, 12, 31)
        self._check_known("locked")

    def test_missing_tax(self):
        self.product.taxes_id = False
        self._check_known("no sales tax")

    # ------------------------------------------------------------------
    # Retries
    # ------------------------------------------------------------------

    def test_retries(self):
        self.bad.partner_id.write({"zip": False, "email": "b@example.com"})
        now = Datetime.to_datetime(FIRST_OF_DECEMBER)
        for hours in (1, 6, 24, 24, 24):
            self._run(now)
            self.assertEqual(self.bad.retry_date, now + timedelta(hours=hours))
            failures = self.bad.failure_count
            self._run(now + timedelta(hours=hours, seconds=-1))
            self.assertEqual(self.bad.failure_count, failures, "not tried before")
            now += timedelta(hours=hours)
        self.assertEqual(self.bad.failure_count, 5)
        self.assertEqual(len(self.bad.activity_ids), 1)
        self.assertEqual(len(self._warnings()), 1)

    def test_mending_the_receiver_tries_again(self):
        self.bad.partner_id.zip = False
        self._run(FIRST_OF_DECEMBER)
        with freeze_time("2026-12-01 18:10:00"), self._captured_triggers() as triggers:
            self.bad.partner_id.zip = "44100"
        self.assertTrue(triggers.records)
        self.assertFalse(self.bad.last_error)
        self._run("2026-12-01 18:11:00")
        self.assertEqual(self.bad.invoice_ids.invoice_date, date(2026, 11, 30))
        self.assertFalse(self.bad.activity_ids)
        self.assertFalse(self.bad.failure_notified)

    def test_saving_the_rule_and_the_button_try_again(self):
        for action in (
            lambda: self.bad.write({"receiver_id": self.bad.partner_id.id}),
            self.bad.action_retry,
        ):
            self.bad.partner_id.zip = False
            self._run(FIRST_OF_DECEMBER)
            self.assertTrue(self.bad.last_error)
            with self._captured_triggers() as triggers:
                action()
            self.assertTrue(triggers.records)
            self.assertFalse(self.bad.last_error)
            self.assertEqual(self.bad.failure_count, 0)

    def _warnings(self):
        return self.env["mail.mail"].search(
            [("model", "=", self.rules._name), ("res_id", "in", self.three.ids)]
        )

    def test_customer_is_told(self):
        self.bad.partner_id.write({"zip": False, "email": "b@example.com"})
        self.company.skydrop_auto_billing_warn = False
        self._run(FIRST_OF_DECEMBER)
        self.assertFalse(self._warnings())

    def test_customer_is_told_what_concerns_them(self):
        self.bad.partner_id.write({"zip": False, "email": "b@example.com"})
        self._run(FIRST_OF_DECEMBER)
        mail = self._warnings()
        self.assertEqual(mail.email_to, '"B" <b@example.com>')
        self.assertIn("postcode", mail.body_html)
        self.assertIn("/my/movements/billing/automatic", mail.body_html)
        self.company.skydrop_journal_id.active = False
        self.three.write({"last_error": "Journal X", "last_error_code": "journal"})
        self.assertNotIn("Journal", self.bad._get_customer_error())

    def test_person_in_charge(self):
        user = self.env.ref("base.user_admin")
        self.company.skydrop_auto_billing_user_id = user
        self.bad.partner_id.zip = False
        self._run(FIRST_OF_DECEMBER)
        self.assertEqual(self.bad.activity_ids.user_id, user)

    # ------------------------------------------------------------------
    # Bounds
    # ------------------------------------------------------------------

    def test_sixty_in_a_row(self):
        with freeze_time("2026-12-02 18:00:00"):
            rule = self._switch_on("deposit", self.bad.partner_id)
            rule.start_date = "2026-11-01"
            self._create_deposits(
                *[10] * 7,
                partner_id=self.bad.partner_id.id,
                date=Datetime.to_datetime("2026-12-02 17:00:00"),
            )
        with patch.multiple(
            skydrop_auto_billing_generate, MAX_INVOICES_IN_A_ROW=5, BATCH_SIZE=3
        ):
            self._run("2026-12-02 18:00:00")
            self.assertEqual(len(rule.invoice_ids), 5)
            self.assertIn("5 invoices were generated in a row", rule.last_error)
            self.assertFalse(rule.retry_date)
            self._run("2027-01-02 18:00:00")
            self.assertEqual(len(rule.invoice_ids), 5)
            with freeze_time("2027-01-02 18:00:00"):
                rule.action_retry()
            self._run("2027-01-02 18:00:00")
        self.assertEqual(len(rule.invoice_ids), 8)
        self.assertFalse(rule.last_error)
        self.assertEqual(rule.unfinished_count, 0)

    def test_neutralized_copy_stays_silent(self):
        with file_open("skydrop_facturacion/data/neutralize.sql") as script:
            self.env.flush_all()
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(any(self.three.mapped("active")))
        self.assertFalse(self.company.skydrop_auto_billing_warn)
        self.assertFalse(any(self.rules._get_jobs().mapped("active")))
        self._run(FIRST_OF_DECEMBER)
        self.assertFalse(self.three.invoice_ids)

    # ------------------------------------------------------------------
    # Tracking and mail
    # ------------------------------------------------------------------

    def test_one_note_an_invoice_and_no_mail(self):
        self.rules = self.rules.with_context(tracking_disable=False)
        self._run(FIRST_OF_DECEMBER)
        for move in self.three.invoice_ids:
            self.assertEqual(len(move.message_ids), 1)
            self.assertFalse(move.message_ids.tracking_value_ids)
            self.assertFalse(move.sending_data)
            self.assertFalse(move.invoice_pdf_report_id)

    def test_audit_trail_keeps_its_tracking(self):
        self.company.restrictive_audit_trail = True
        self._run(FIRST_OF_DECEMBER)
        for move in self.three.invoice_ids:
            self.assertIn("Invoice Created", str(move.message_ids.mapped("body")))

    def test_mail_where_the_company_wants_it(self):
        self.company.skydrop_auto_billing_send = True
        self._run(FIRST_OF_DECEMBER)
        self.assertTrue(all(self.three.invoice_ids.mapped("sending_data")))
