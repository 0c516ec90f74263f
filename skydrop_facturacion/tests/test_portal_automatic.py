import re
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .automatic_common import AutomaticCommon
from .http_common import SkydropHttpCommon

PAGE = "/my/movements/billing/automatic"


@tagged("post_install", "-at_install")
class TestPortalAutomatic(AutomaticCommon, SkydropHttpCommon):
    """The page «Facturación automática», as plain forms."""

    def setUp(self):
        super().setUp()
        self._sign_in()

    def _get_rule(self):
        return self.rules._get_rule(self.customer, self.company)

    def _words(self, page):
        return " ".join(re.sub(r"<[^>]*>|\xa0", " ", page.text).split())

    def _today(self):
        return self.rules._get_today(self.company)

    def test_on_changed_and_off(self):
        page = self.url_open(PAGE)
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("Your next invoice", page.text)
        page = self._post("/automatic", mode="period", period_days="21")
        rule = self._get_rule()
        self.assertEqual((rule.mode, rule.period_days), ("period", "21"))
        self.assertEqual(rule.start_date, self._today())
        self.assertIn("no deposits until today", self._words(page))
        self._create_deposits(250, date=self.env.cr.now().replace(tzinfo=None))
        page = self.url_open(PAGE)
        self.assertIn("1 deposit, $ 250.00 until today", self._words(page))
        self._post("/automatic", mode="deposit")
        self.assertEqual(rule.mode, "deposit")
        self._post("/automatic", mode="off")
        self.assertFalse(rule.active)

    def test_pending_deposits(self):
        deposits = self._create_deposits(100, 200, date="2026-01-15 12:00:00")
        self.assertIn(
            "Include 2 pending deposits", " ".join(self.url_open(PAGE).text.split())
        )
        self._post("/automatic", mode="deposit", pending="1")
        rule = self._get_rule()
        self.assertEqual(rule.covered_from, date(2026, 1, 15))
        self._run()
        self.assertEqual(rule.invoice_ids.skydrop_deposit_ids, deposits)
        page = self.url_open(PAGE)
        self.assertIn(rule.invoice_ids.name, page.text)

    def test_preview(self):
        self.assertTrue(self.url_open(f"{PAGE}/preview").url.endswith("/automatic"))
        self._switch_on("total")
        self._create_deposits(250, date=self.env.cr.now().replace(tzinfo=None))
        moves = self.env["account.move"].search_count([])
        page = self.url_open(f"{PAGE}/preview")
        self.assertIn("DOSCIENTOS CINCUENTA PESOS 00/100 M.N.", page.text)
        self.assertEqual(self.env["account.move"].search_count([]), moves)

    def test_amounts_of_two_currencies_are_told_apart(self):
        today = self.env.cr.now().replace(tzinfo=None)
        for currency in (self.mxn, self.usd):
            self._create_deposits(
                250, date=today - timedelta(days=90), currency_id=currency.id
            )
        self._switch_on("total")
        with self.subTest("one currency"):
            self._create_deposits(100, date=today)
            self.assertNotIn("MXN", self._node(self.url_open(PAGE), "next"))
        self._create_deposits(200, currency_id=self.usd.id, date=today)
        page = self.url_open(PAGE)
        for name, amounts in (
            ("next", ("100.00 MXN", "200.00 USD")),
            ("pending", ("250.00 MXN", "250.00 USD")),
        ):
            for amount in amounts:
                with self.subTest(name, amount=amount):
                    node = re.search(
                        rf'data-skydrop="{name}".*?</(?:p|label)>', page.text, re.S
                    )
                    text = re.sub(r"<[^>]*>", "", node.group())
                    self.assertIn(amount, " ".join(text.split()))

    def test_dollars_alone_are_named(self):
        today = self.env.cr.now().replace(tzinfo=None)
        for paid in (today, today - timedelta(days=90)):
            self._create_deposits(250, date=paid, currency_id=self.usd.id)
        self._switch_on("total")
        text = re.sub(r"<[^>]*>|\s+", " ", self.url_open(PAGE).text)
        self.assertEqual(len(re.findall(r"250\.00\s+USD", text)), 2)

    def test_problem_is_shown_and_tried_again(self):
        rule = self._switch_on("deposit")
        self._create_deposits(100, date=self.env.cr.now().replace(tzinfo=None))
        self.customer.zip = False
        self._run()
        self.assertTrue(rule.last_error)
        page = self.url_open(PAGE)
        self.assertIn("postcode", page.text)
        self.assertIn(f"/receivers/{self.customer.id}", page.text)
        with self._captured_triggers() as triggers:
            self._post("/automatic", retry="1")
        self.assertTrue(triggers.records)
        self.assertFalse(rule.last_error)

    def test_accounting_is_not_shown(self):
        rule = self._switch_on("deposit")
        self._create_deposits(100, date=self.env.cr.now().replace(tzinfo=None))
        journal = self.company.skydrop_journal_id
        journal.active = False
        self._run()
        self.assertIn(journal.name, rule.last_error)
        page = self.url_open(PAGE)
        self.assertNotIn("is archived", page.text)
        self.assertIn("your deposits are untouched", page.text)

    def test_malformed_and_foreign(self):
        stranger = self._create_customer("Otra")
        for fields, status in (
            ({"mode": "daily"}, 400),
            ({}, 400),
            ({"mode": "period", "period_days": "8"}, 400),
            ({"mode": "total", "receiver_id": "x"}, 400),
            ({"mode": "total", "receiver_id": stranger.id}, 404),
            ({"mode": "total", "receiver_id": 2**30}, 404),
        ):
            with self.subTest(fields):
                self.assertEqual(self._post("/automatic", **fields).status_code, status)
        self.assertFalse(self._get_rule())
        answer = self.url_open(f"{PAGE}", data={"mode": "total"})
        self.assertEqual(answer.status_code, 400)

    def test_every_receiver_can_be_chosen_whatever_the_default(self):
        extra = self.customer._skydrop_create_receiver(
            {
                "legal_name": "SUCURSAL NORTE",
                "rfc": "XIA190128J61",
                "zip": "64000",
                "fiscal_regime": "601",
                "cfdi_use": "G03",
            }
        )
        extra._skydrop_make_default()
        page = self.url_open(PAGE).text
        for receiver in (self.customer, extra):
            self.assertIn(f'value="{receiver.id}"', page)
        self._post("/automatic", mode="total", receiver_id=self.customer.id)
        self.assertEqual(self._get_rule().receiver_id, self.customer)

    def test_own_rule_only(self):
        with freeze_time("2026-11-24 18:00:00"):
            theirs = self._switch_on("total", self._create_customer("Otra"))
        self._post("/automatic", mode="off")
        self._post("/automatic", retry="1")
        self.assertTrue(theirs.active)
        self.assertFalse(self._get_rule())
