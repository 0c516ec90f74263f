import re

from odoo.tests import JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .http_common import BILLING, SkydropHttpCommon


@tagged("post_install", "-at_install")
class TestPortal(SkydropHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deposits = cls._create_deposits(100, 100, 100)
        cls.coupon = cls._create_deposits(50, origin="coupon")
        cls.other_customer = cls._create_customer("Otra empresa")
        cls.other_user = cls._create_portal_user("otra", cls.other_customer)
        cls.foreign = cls._create_deposits(700, partner_id=cls.other_customer.id)

    def _without_token(self, page):
        return re.sub(r'csrf_token: "\w+"', "", page.text)

    def _invoices(self):
        return self.env["account.move"].search(
            [("invoice_line_ids.skydrop_deposit_id", "!=", False)]
        )

    # ------------------------------------------------------------------
    # The flow
    # ------------------------------------------------------------------

    def test_movements_are_always_on_the_home_page(self):
        self._sign_in(self._create_portal_user("nuevo", self._create_customer("N")))
        home = self.url_open("/my")
        self.assertIn('href="/my/movements"', home.text)
        movements = self.url_open("/my/movements")
        self.assertIn("You have no deposits yet", movements.text)
        billing = self.url_open(BILLING)
        self.assertIn("You have nothing to invoice now", billing.text)

    def test_nothing_is_ticked_at_first(self):
        self._sign_in()
        page = self.url_open(BILLING)
        self.assertEqual(page.text.count("o_skydrop_tick"), 1 + len(self.deposits))
        self.assertNotIn("checked=", page.text)
        self.assertEqual(self._node(page, "count"), "0")

    def test_estimate(self):
        self._sign_in()
        self.assertEqual(
            self._estimate(self.deposits.ids),
            {
                "count": 3,
                "subtotal": "258.62",
                "tax": "41.38",
                "total": "300.00",
                "currency": "MXN",
                "amount_in_words": "TRESCIENTOS PESOS 00/100 M.N.",
                "warnings": [],
            },
        )

    def test_from_ticks_to_pdf(self):
        self._sign_in()
        preview, form = self._preview(self.deposits)
        self.assertIn(f"{BILLING}/preview?choice=", preview.url)
        self.assertIn("300.00", self._node(preview, "total"))
        self.assertEqual(self._node(preview, "words"), "TRESCIENTOS PESOS 00/100 M.N.")
        self.assertEqual(self.url_open(preview.url).status_code, 200)
        self.assertFalse(self._invoices())
        page = self._post("/generate", **form)
        invoice = self._invoices()
        self.assertEqual(invoice.amount_total, 300)
        self.assertEqual(invoice.skydrop_deposit_ids, self.deposits)
        self.assertIn(f"/my/invoices/{invoice.id}", page.url)
        self.assertIn(invoice.name, page.text)
        self.assertIn('data-skydrop="paid"', page.text)
        pdf_url = f"/my/invoices/{invoice.id}?report_type=pdf&download=true"
        pdf = self.url_open(pdf_url)
        self.assertEqual(pdf.headers["Content-Type"], "application/pdf")
        file_name = invoice.name.replace("/", "_") + ".pdf"
        self.assertIn(file_name, pdf.headers["Content-Disposition"])
        stored = invoice.invoice_pdf_report_id
        self.assertEqual(stored.raw, pdf.content)
        self.assertEqual(self.url_open(pdf_url).content, pdf.content)
        self.assertEqual(invoice.invoice_pdf_report_id, stored)
        mine = self.url_open(f"{BILLING}/invoices")
        self.assertIn(invoice.name, mine.text)

    def test_generated_twice_is_one_invoice(self):
        self._sign_in()
        _page, form = self._preview(self.deposits)
        first = self._post("/generate", **form)
        second = self._post("/generate", **form)
        self.assertEqual(len(self._invoices()), 1)
        self.assertEqual(first.url, second.url)

    def test_back_keeps_the_ticks(self):
        self._sign_in()
        preview, _form = self._preview(self.deposits[:2])
        page = self.url_open(preview.url.replace("/preview", ""))
        self.assertEqual(page.text.count("checked="), 2)

    def test_two_tabs_do_not_mix(self):
        self._sign_in()
        first, _form = self._preview(self.deposits[:1])
        self._preview(self.deposits)
        self.assertIn("100.00", self._node(self.url_open(first.url), "total"))

    def test_changed_meanwhile(self):
        self._sign_in()
        _page, form = self._preview(self.deposits)
        self.deposits[0].amount = 150
        page = self._post("/generate", **form)
        self.assertFalse(self._invoices())
        self.assertIn("Something changed", page.text)
        self.assertIn("350.00", self._node(page, "total"))

    def test_cancelled_meanwhile(self):
        self._sign_in()
        _page, form = self._preview(self.deposits)
        self.deposits[0].action_cancel()
        page = self._post("/generate", **form)
        self.assertFalse(self._invoices())
        self.assertIn(self.deposits[0].name, self._node(page, "error"))

    def test_incomplete_receiver(self):
        self.customer.skydrop_cfdi_use = False
        self._sign_in()
        message = "The use of the CFDI is missing"
        self.assertIn(message, self.url_open(BILLING).text)
        page, form = self._preview(self.deposits)
        self.assertIn(message, page.text)
        self.assertNotIn('data-skydrop="generate"', page.text)
        self._post("/generate", **form)
        self.assertFalse(self._invoices())

    def test_not_available_yet(self):
        self.company.skydrop_product_id = False
        self._sign_in()
        page = self.url_open(BILLING)
        self.assertIn("Invoicing is not available yet", page.text)
        self.assertNotIn("o_skydrop_tick", page.text)

    def test_note_is_text(self):
        self._sign_in()
        page, form = self._preview(self.deposits, note="<script>x</script> 5 < 6")
        self.assertNotIn("<script>x", page.text)
        self.assertIn("&lt;script&gt;x", page.text)
        form["note"] = "<script>x</script> 5 < 6"
        self._post("/generate", **form)
        self.assertIn("5 &lt; 6", self._invoices().narration)

    # ------------------------------------------------------------------
    # Odoo's own pages
    # ------------------------------------------------------------------

    def test_page_of_the_invoice_asks_for_nothing(self):
        self.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", "True"
        )
        invoice = self.deposits._create_invoices()
        self._sign_in()
        page = self.url_open(f"/my/invoices/{invoice.id}")
        self.assertIn("Paid with your deposits", page.text)
        self.assertNotIn("o_portal_sidebar_timeago", page.text)
        self.assertNotIn('data-bs-target="#pay_with"', page.text)
        frame = self.url_open(f"/my/invoices/{invoice.id}?report_type=html")
        self.assertIn("TRESCIENTOS PESOS 00/100 M.N.", frame.text)

    # ------------------------------------------------------------------
    # Who may, and bad input
    # ------------------------------------------------------------------

    def test_not_mine_and_not_there_are_the_same(self):
        self._sign_in()
        unknown = self.foreign.id + 100000
        pages = [
            self._post("/preview", deposit_ids=[self.deposits[0].id, record_id])
            for record_id in (self.foreign.id, unknown)
        ]
        self.assertEqual([page.status_code for page in pages], [404, 404])
        self.assertEqual(*(self._without_token(page) for page in pages))
        self.assertEqual(self._estimate([self.foreign.id]), self._estimate([unknown]))
        self.assertEqual(self._estimate([unknown])["error"]["code"], "not_found")
        page = self._post(
            "/generate", deposit_ids=self.foreign.ids, fingerprint="0" * 64
        )
        self.assertEqual(page.status_code, 404)
        self.assertFalse(self._invoices())

    def test_receiver_of_another_customer(self):
        self._sign_in()
        page = self._post(
            "/preview",
            deposit_ids=self.deposits.ids,
            receiver_id=self.other_customer.id,
        )
        self.assertEqual(page.status_code, 404)

    def test_malformed(self):
        self._sign_in()
        for fields in (
            {"deposit_ids": ["x"]},
            {"deposit_ids": ["-1"]},
            {"deposit_ids": ["99999999999999999999"]},
            {"deposit_ids": self.deposits.ids, "receiver_id": "x"},
            {"deposit_ids": self.deposits.ids, "payment_form": "99"},
        ):
            with self.subTest(fields=fields):
                self.assertEqual(self._post("/preview", **fields).status_code, 400)
        for ids in (None, "1", [None], [[1]], [{}], [1.5], [True], -1):
            with self.subTest(ids=ids):
                self.assertEqual(self._estimate(ids)["error"]["code"], "malformed")

    def test_empty_choice(self):
        self._sign_in()
        self.assertEqual(self._estimate([])["error"]["code"], "empty")
        page = self._post("/preview")
        self.assertIn("Choose at least one deposit", page.text)

    def test_not_billable(self):
        self._sign_in()
        answer = self._estimate((self.deposits + self.coupon).ids)
        self.assertEqual(answer["error"]["code"], "not_billable")
        self.assertIn(self.coupon.name, answer["error"]["message"])

    def test_two_currencies(self):
        dollars = self._create_deposits(50, currency_id=self.usd.id)
        self._sign_in()
        answer = self._estimate((self.deposits + dollars).ids)
        self.assertEqual(answer["error"]["code"], "mixed_currencies")
        page = self.url_open(f"{BILLING}?currency=USD")
        self.assertEqual(page.text.count("o_skydrop_tick"), 2)
        self.assertEqual(self.url_open(f"{BILLING}?currency=XXX").status_code, 200)

    def test_anonymous_is_asked_to_sign_in(self):
        self.authenticate(None, None)
        for path in ("/my/movements", BILLING, f"{BILLING}/invoices"):
            with self.subTest(path=path):
                self.assertIn("/web/login", self.url_open(path).url)
        with (
            mute_logger("odoo.http"),
            self.assertRaisesRegex(JsonRpcException, "SessionExpired"),
        ):
            self._estimate(self.deposits.ids)

    @mute_logger("odoo.http")
    def test_without_token_nothing_is_generated(self):
        self._sign_in()
        _page, form = self._preview(self.deposits)
        page = self.url_open(f"{BILLING}/generate", data=form)
        self.assertEqual(page.status_code, 400)
        self.assertFalse(self._invoices())

    def test_without_fingerprint_nothing_is_generated(self):
        self._sign_in()
        page = self._post("/generate", deposit_ids=self.deposits.ids)
        self.assertEqual(page.status_code, 400)
        self.assertFalse(self._invoices())

    def test_internal_user_sees_only_what_is_theirs(self):
        user = new_test_user(self.env, login="interno", groups="base.group_user")
        user.write(
            {"company_ids": [(4, self.company.id)], "company_id": self.company.id}
        )
        self._sign_in(user)
        page = self.url_open("/my/movements")
        self.assertNotIn(self.deposits[0].name, page.text)
        answer = self._estimate(self.deposits.ids)
        self.assertEqual(answer["error"]["code"], "not_found")
