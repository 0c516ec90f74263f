from datetime import date

from freezegun import freeze_time

from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..exceptions import BillingError
from .automatic_common import AutomaticCommon
from .http_common import BILLING, SkydropHttpCommon

# Noon in Mexico City, six days before the end of November.
NOVEMBER = "2026-11-24 18:00:00"


@tagged("post_install", "-at_install")
class TestLimit(AutomaticCommon):
    """The month limit: which deposits, until when, for whom."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.skydrop_billing_limit = "month"

    def _billable(self):
        Deposit = self.env["skydrop.deposit"]
        self.env.invalidate_all()
        return Deposit.search(Deposit._get_billable_domain(self.customer, self.company))

    # ------------------------------------------------------------------
    # Days
    # ------------------------------------------------------------------

    def test_no_limit_by_default(self):
        company = self.env["res.company"].create({"name": "Sin plazo"})
        self.assertEqual(company.skydrop_billing_limit, "none")
        self.assertIsNone(company._skydrop_get_first_billable_day())
        self.assertEqual(company._skydrop_get_deadline_message(), "")
        self.company.skydrop_billing_limit = "none"
        old = self._deposit(100, "2020-01-10 12:00:00")
        self.assertFalse(old.billing_block)
        self.assertIn(old, self._billable())

    def test_months_are_those_of_the_time_zone(self):
        """Until midnight in Mexico City, which is 06:00 UTC."""
        november = self._deposit(100, "2026-12-01 05:30:00")  # 30 November, 23:30
        december = self._deposit(100, "2026-12-01 06:00:00")
        with freeze_time("2026-12-01 05:59:59"):
            self.assertEqual(self._billable(), december + november)
        with freeze_time("2026-12-01 06:00:00"):
            self.assertEqual(self._billable(), december)
            self.assertEqual(november.billing_block, "limit")
            self.assertFalse(december.billing_block)
        self.env.invalidate_all()
        with freeze_time("2026-12-01 05:59:59"):
            # Nothing of it is stored.
            self.assertFalse(november.billing_block)

    def test_grace(self):
        self.company.skydrop_billing_grace_days = 5
        november = self._deposit(100, NOVEMBER)
        with freeze_time("2026-12-06 05:59:59"):
            self.assertIn(november, self._billable())
        with freeze_time("2026-12-06 06:00:00"):
            self.assertNotIn(november, self._billable())

    def test_days_left(self):
        company = self.company.with_context(lang="es_MX")
        for moment, sentence in (
            (NOVEMBER, "Te quedan 6 días para facturar noviembre."),
            ("2026-11-30 03:00:00", "Te queda un día para facturar noviembre."),
            ("2026-12-01 03:00:00", "Hoy es el último día para facturar noviembre."),
            ("2026-12-01 07:00:00", "Te quedan 30 días para facturar diciembre."),
        ):
            with self.subTest(moment), freeze_time(moment):
                self.assertEqual(company._skydrop_get_deadline_message(), sentence)
        self.company.skydrop_billing_grace_days = 5
        with freeze_time("2027-01-02 18:00:00"):
            self.assertEqual(
                company._skydrop_get_deadline_message(),
                "Te quedan 3 días para facturar diciembre 2026.",
            )
            self.assertEqual(
                company._skydrop_get_deadline_message(date(2026, 11, 30)), ""
            )

    # ------------------------------------------------------------------
    # Deposits
    # ------------------------------------------------------------------

    def test_field_and_domains_agree(self):
        old = self._deposit(1000, "2026-10-31 18:00:00")
        new = self._deposit(1000, NOVEMBER)
        coupon = self._deposit(10, "2026-10-31 18:00:00", origin="coupon")
        invoiced = self._deposit(1000, "2026-10-31 18:00:00")
        # The customer is not the first to see it too late.
        invoiced.with_context(skydrop_past_limit=True)._create_invoices()
        Deposit = self.env["skydrop.deposit"]
        ours = old + new + coupon + invoiced
        for moment in (NOVEMBER, "2026-12-01 18:00:00", "2026-10-31 18:00:00"):
            with self.subTest(moment), freeze_time(moment):
                self.env.invalidate_all()
                for block in ("origin", "request", "limit", False):
                    self.assertEqual(
                        Deposit.search(
                            [("id", "in", ours.ids), ("billing_block", "=", block)]
                        ),
                        ours.filtered(lambda d, b=block: d.billing_block == b).sorted(
                            lambda d: (d.date, d.id), reverse=True
                        ),
                    )
                self.assertEqual(
                    self._billable(),
                    ours.filtered(
                        lambda d: (
                            d.invoice_status in ("to_invoice", "partial")
                            and not d.billing_block
                        )
                    ).sorted(lambda d: (d.date, d.id), reverse=True),
                )
        with freeze_time(NOVEMBER):
            self.env.invalidate_all()
            self.assertEqual(old.billing_block, "limit")
            self.assertEqual(coupon.billing_block, "origin")
            self.assertFalse(invoiced.billing_block)

    def test_other_company_has_its_own(self):
        other = self.env["res.company"].create({"name": "Otra"})
        deposit = self._create_deposits(
            100, company_id=other.id, currency_id=other.currency_id.id
        )
        self.assertFalse(deposit.billing_block)
        own = self._create_deposits(100)
        late = self.env["skydrop.deposit"].search([("billing_block", "=", "limit")])
        self.assertIn(own, late)
        self.assertNotIn(deposit, late)

    def test_generating_is_refused(self):
        old = self._deposit(1160, "2026-10-31 18:00:00").with_context(lang="es_MX")
        with freeze_time(NOVEMBER):
            document = self._document(old.with_context(skydrop_past_limit=True))
            for refused in (
                lambda: old._create_invoices(),
                lambda: old._get_estimate(),
                lambda: old._generate_from_preview(old._get_fingerprint(document)),
            ):
                with self.assertRaises(BillingError) as caught:
                    refused()
                self.assertEqual(caught.exception.code, "limit")
                self.assertIn(old.name, str(caught.exception))
                self.assertIn(
                    "El plazo para facturar los depósitos de octubre terminó el 31 de"
                    " octubre de 2026.",
                    str(caught.exception),
                )
        self.assertFalse(old.amount_invoiced)

    def test_accountant_may(self):
        """Told, but not kept from it."""
        accountant = self._create_internal_user("contable", "group_accountant")
        old = self._deposit(1160, "2026-10-31 18:00:00").with_user(accountant)
        new = self._deposit(1160, NOVEMBER).with_user(accountant)
        with freeze_time(NOVEMBER):
            self.assertEqual(new._get_limit_warning(), "")
            self.assertIn(old.name, (old + new)._get_limit_warning())
            # On the pages of the portal, which act with sudo, they are a customer.
            with self.assertRaises(BillingError):
                old.sudo()._create_invoices()
            invoice = (old + new)._create_invoices()
        self.assertEqual(invoice.amount_total, 2320)
        self.assertEqual(invoice.invoice_date, date(2026, 11, 24))

    def test_settings(self):
        with Form(self.env["res.config.settings"]) as settings:
            settings.skydrop_billing_limit = "month"
            settings.skydrop_billing_grace_days = 7
        settings.record.execute()
        self.assertEqual(self.company.skydrop_billing_grace_days, 7)

    # ------------------------------------------------------------------
    # Automatic invoicing
    # ------------------------------------------------------------------

    def test_a_month_dated_on_its_last_day_is_in_time(self):
        with freeze_time(NOVEMBER):
            rule = self._switch_on("total")
        deposit = self._deposit(100, NOVEMBER)
        self._run("2026-12-01 07:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, deposit)
        self.assertEqual(rule.invoice_ids.invoice_date, date(2026, 11, 30))
        self.assertFalse(rule.activity_ids)

    def test_after_an_outage_a_person_is_told_once(self):
        with freeze_time(NOVEMBER):
            rule = self._switch_on("total")
        november = self._deposit(100, NOVEMBER)
        december = self._deposit(200, "2026-12-05 18:00:00")
        self._run("2026-12-06 18:00:00")
        self.assertFalse(rule.invoice_ids)
        self.assertFalse(rule.last_error)
        activity = rule.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.company._skydrop_get_automatic_user())
        self.assertIn(november.name, activity.note)
        self.assertNotIn(december.name, activity.note)
        activity.action_done()
        self._run("2027-01-01 18:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, december)
        self.assertFalse(rule.activity_ids)
        self.assertEqual(november.invoice_status, "to_invoice")

    def test_period_reaches_into_the_next_month(self):
        """With grace it takes all; without, what is of the month of its date."""
        with freeze_time(NOVEMBER):
            rule = self._switch_on("period", period_days="15")
        november = self._deposit(100, NOVEMBER)
        december = self._deposit(200, "2026-12-02 18:00:00")
        with freeze_time("2026-12-09 18:00:00"):
            (planned,) = rule._plan_invoices(date(2026, 12, 9))[rule]
            self.assertEqual(planned.deposits, december)
            self.assertEqual(planned.total, 200)
            self.company.skydrop_billing_grace_days = 8
            self.env.invalidate_all()
            (planned,) = rule._plan_invoices(date(2026, 12, 9))[rule]
            self.assertEqual(planned.deposits, november + december)
            self.company.skydrop_billing_grace_days = 7
        self._run("2026-12-09 18:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, december)
        self.assertIn(november.name, rule.activity_ids.note)

    def test_by_deposit_confirmed_too_late(self):
        with freeze_time(NOVEMBER):
            rule = self._switch_on("deposit")
        deposit = self._deposit(100, NOVEMBER)
        self._run("2026-12-10 18:00:00")
        self.assertFalse(rule.invoice_ids)
        self.assertIn(deposit.name, rule.activity_ids.note)
        self.assertTrue(deposit.limit_notified)
        # It wakes the job up no more, until the limit is another one.
        with freeze_time("2026-12-10 18:00:00"):
            self._run()
            self.assertEqual(len(rule.activity_ids), 1)
            with self._captured_triggers() as triggers:
                self.company.skydrop_billing_limit = "none"
            self.assertTrue(triggers.records)
        self._run("2026-12-10 19:00:00")
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, deposit)

    def test_a_problem_mended_too_late(self):
        with freeze_time(NOVEMBER):
            rule = self._switch_on("total")
        deposit = self._deposit(100, NOVEMBER)
        self.customer.skydrop_cfdi_use = False
        with mute_logger("odoo.addons.skydrop_facturacion.models"):
            self._run("2026-12-01 18:00:00")
        self.assertTrue(rule.last_error)
        with freeze_time("2026-12-10 18:00:00"):
            self.customer.skydrop_cfdi_use = "G03"
            rule.action_retry()
            self._run()
        self.assertFalse(rule.last_error)
        self.assertFalse(rule.invoice_ids)
        self.assertEqual(len(rule.activity_ids), 1)
        self.assertIn(deposit.name, rule.activity_ids.note)


@tagged("post_install", "-at_install")
class TestLimitPortal(SkydropHttpCommon):
    """What the customer sees and cannot do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.skydrop_billing_limit = "month"
        cls.portal_user.lang = "es_MX"
        today = date.today()
        cls.old = cls._create_deposits(1160, reference="VIEJO")
        cls.new = cls._create_deposits(580, reference="NUEVO", date=f"{today} 12:00:00")

    def test_page(self):
        self._sign_in()
        page = self.url_open(BILLING)
        form, late = page.text.split("o_skydrop_late mt-4", 1)
        self.assertIn("NUEVO", form)
        self.assertNotIn("VIEJO", form)
        self.assertIn("VIEJO", late)
        self.assertIn("El plazo para facturar los depósitos de marzo", late)
        self.assertIn("para facturar", self._node(page, "deadline"))
        self.assertIn("Fuera de plazo", self.url_open("/my/movements").text)

    def test_only_late_ones(self):
        self.new.action_cancel()
        self._sign_in()
        page = self.url_open(BILLING)
        self.assertIn("VIEJO", page.text)
        self.assertNotIn('data-skydrop="deadline"', page.text)

    def test_ticked_all_the_same(self):
        self._sign_in()
        ids = (self.old + self.new).ids
        self.assertEqual(self._estimate(ids)["error"]["code"], "limit")
        page, values = self._preview(self.old + self.new)
        self.assertIn("El plazo para facturar", self._node(page, "error"))
        self.assertNotIn('data-skydrop="generate"', page.text)
        # Generated from a preview of an hour ago, when it was still in time.
        self.company.skydrop_billing_limit = "none"
        _page, values = self._preview(self.old + self.new)
        self.company.skydrop_billing_limit = "month"
        page = self._post("/generate", **values)
        self.assertIn("El plazo para facturar", self._node(page, "error"))
        self.assertFalse(self.old.amount_invoiced)
        self.assertFalse(self.new.amount_invoiced)
