from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.skydrop_facturacion.controllers import billing
from odoo.addons.skydrop_facturacion.wizard import skydrop_choice

from .http_common import BILLING, SkydropHttpCommon


@tagged("post_install", "-at_install")
class TestPortalChoice(SkydropHttpCommon):
    """Ticks are kept: across pages, in the preview, and when the session is gone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deposits = cls._create_deposits(*range(101, 101 + 7))

    def setUp(self):
        super().setUp()
        self.patch(billing, "DEPOSITS_PER_PAGE", 3)

    def _choose(self, deposits, **fields):
        return self._post("/choose", deposit_ids=deposits.ids, currency="MXN", **fields)

    def test_a_page_is_turned_with_the_ticks_kept(self):
        self._sign_in()
        first = self.url_open(BILLING)
        self.assertEqual(first.text.count('name="deposit_ids"'), 3)
        newest = self.deposits.sorted("id", reverse=True)
        second = self._choose(newest[:2], page="2")
        self.assertIn("/page/2", second.url)
        self.assertEqual(self._node(second, "count"), "2")
        self.assertNotIn("checked=", second.text)
        others = ",".join(map(str, newest[:2].ids))
        third = self._choose(newest[3], page="3", other_deposit_ids=others)
        self.assertEqual(self._node(third, "count"), "3")
        expected = sum(newest[:2].mapped("amount")) + newest[3].amount
        self.assertIn(f"{expected:.2f}", self._node(third, "total"))
        back = self._choose(
            self.deposits.browse(),
            page="1",
            other_deposit_ids=",".join(map(str, (newest[:2] + newest[3]).ids)),
        )
        self.assertEqual(back.text.count("checked="), 2)

    def test_tick_all_on_all_pages_and_none(self):
        self._sign_in()
        page = self._choose(self.deposits[0], tick="all")
        self.assertEqual(self._node(page, "count"), "7")
        self.assertIn(f"{sum(self.deposits.mapped('amount')):.2f}", page.text)
        page = self._choose(self.deposits, tick="none")
        self.assertEqual(self._node(page, "count"), "0")

    def test_junk(self):
        self._sign_in()
        for page in ("0", "-1", "x", "99999999999999999999", "٢"):
            with self.subTest(page=page):
                self.assertEqual(
                    self._choose(self.deposits, page=page).status_code, 200
                )
        for fields in ({"currency": "XXX"}, {"other_deposit_ids": "1,x"}):
            with self.subTest(fields=fields):
                self.assertEqual(self._post("/choose", **fields).status_code, 400)
        page = self._post("/choose", other_deposit_ids=str(self.deposits.ids[0] + 9999))
        self.assertEqual(page.status_code, 404)

    def test_a_deposit_is_taken_out_of_the_preview(self):
        self._sign_in()
        page, form = self._preview(self.deposits[:3])
        fingerprint = form["fingerprint"]
        page, form = self._preview(self.deposits[:3], remove=self.deposits[0].id)
        self.assertEqual(form["deposit_ids"], self.deposits[1:3].ids)
        self.assertNotEqual(form["fingerprint"], fingerprint)
        self.assertIn("205.00", self._node(page, "total"))
        page = self._post(
            "/preview", deposit_ids=self.deposits[0].ids, remove=self.deposits[0].id
        )
        self.assertIn("Choose at least one deposit", page.text)

    def _sign_in_at(self, page):
        """Sign in with the form of a sign-in page, in the same browser."""
        token = page.text.split('csrf_token: "')[1].split('"')[0]
        login = self.portal_user.login
        redirect = page.url.split("redirect=")[1]
        return self.url_open(
            "/web/login?redirect=" + redirect,
            data={"login": login, "password": login, "csrf_token": token},
        )

    def test_session_gone_before_the_preview(self):
        self.authenticate(None, None)
        page = self.url_open(
            f"{BILLING}/preview",
            data={"deposit_ids": self.deposits[:2].ids, "csrf_token": "old"},
        )
        self.assertIn("/web/login", page.url)
        page = self._sign_in_at(page)
        self.assertIn(f"{BILLING}/preview", page.url)
        self.assertIn("203.00", self._node(page, "total"))

    def test_session_gone_before_generating(self):
        self._sign_in()
        _page, form = self._preview(self.deposits[:2])
        self.authenticate(None, None)
        page = self.url_open(f"{BILLING}/generate", data={**form, "csrf_token": "old"})
        self.assertIn("/web/login", page.url)
        page = self._sign_in_at(page)
        self.assertIn("203.00", self._node(page, "total"))
        self.assertEqual(self.deposits.mapped("amount_invoiced"), [0.0] * 7)

    def test_not_mine_after_signing_in(self):
        other = self._create_deposits(50, partner_id=self._create_customer("Otra").id)
        self.authenticate(None, None)
        page = self.url_open(f"{BILLING}/preview", data={"deposit_ids": other.ids})
        self.assertEqual(self._sign_in_at(page).status_code, 404)

    def _get_choice_url(self, deposits):
        """:return: the address of a preview, as the browser keeps it"""
        return self._post("/preview", deposit_ids=deposits.ids).url

    def test_lost_ticks_are_said(self):
        self._sign_in()
        url = self._get_choice_url(self.deposits)
        self.assertIn("preview?choice=", url)
        self.env["skydrop.choice"].search([]).unlink()
        for lost in (url, url.replace("/preview", ""), f"{BILLING}/preview?choice=x"):
            with self.subTest(url=lost):
                page = self.url_open(lost)
                self.assertIn("Tick your deposits again", self._node(page, "lost"))
        for path in (BILLING, f"{BILLING}/preview"):
            with self.subTest(path=path):
                self.assertIsNone(self._node(self.url_open(path), "lost"))

    def test_a_choice_is_of_one_user(self):
        self._sign_in()
        url = self._get_choice_url(self.deposits)
        self._sign_in(self._create_portal_user("otra", self.customer))
        self.assertTrue(self._node(self.url_open(url), "lost"))

    def test_the_last_choices_are_kept(self):
        self.patch(skydrop_choice, "MAX_KEPT", 2)
        self._sign_in()
        urls = [self._get_choice_url(deposit) for deposit in self.deposits[:3]]
        lost = [self._node(self.url_open(url), "lost") is not None for url in urls]
        self.assertEqual(lost, [True, False, False])

    def test_other_sites_choose_nothing(self):
        self._sign_in()
        for path in ("preview", "generate"):
            with self.subTest(path=path):
                page = self.url_open(
                    f"{BILLING}/{path}",
                    data={"deposit_ids": self.deposits.ids},
                    headers={"Sec-Fetch-Site": "cross-site"},
                )
                self.assertEqual(page.status_code, 400)

    @mute_logger("odoo.addons.skydrop_facturacion.controllers.billing")
    def test_locked_period_ends_in_a_sentence(self):
        self._sign_in()
        _page, form = self._preview(self.deposits[:1])
        self.company.skydrop_journal_id.active = False
        page = self._post("/generate", **form)
        self.assertIn("could not be generated now", page.text)
        self.assertFalse(self.deposits.invoice_line_ids)

    def test_strange_text(self):
        self._sign_in()
        _page, form = self._preview(self.deposits[:1], note="a\0b" + "x" * 600)
        self.assertEqual(len(form["note"]), 500)
        for path, fields, status in (
            ("/generate", {**form, "fingerprint": "\0"}, 400),
            ("/choose", {"currency": "\0"}, 400),
            ("/choose", {"page": "\u00b2"}, 200),
        ):
            with self.subTest(path=path, fields=fields):
                self.assertEqual(self._post(path, **fields).status_code, status)
        for query in (
            "page=%C2%B2",
            "search=%00",
            "search=a%00b",
            "page=" + "9" * 5000,
        ):
            with self.subTest(query=query[:20]):
                page = self.url_open(f"{BILLING}/invoices?{query}")
                self.assertEqual(page.status_code, 200)
