import re

from odoo.http import Request
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import RFC_COMPANY, RFC_PERSON
from .http_common import BILLING, SkydropHttpCommon
from .test_receivers import PERSON

RECEIVERS = "/receivers"
COMPANY = {
    "rfc": RFC_COMPANY,
    "legal_name": "COMERCIALIZADORA LUNA",
    "zip": "44100",
    "fiscal_regime": "601",
    "cfdi_use": "G03",
}


@tagged("post_install", "-at_install")
class TestPortalReceivers(SkydropHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deposits = cls._create_deposits(100, 100)
        cls.deposits += cls._create_deposits(500, payment_form="04")
        cls.other_customer = cls._create_customer("Otra empresa")

    def setUp(self):
        super().setUp()
        self._sign_in()

    def _extra(self):
        return self.customer._skydrop_get_receivers() - self.customer

    def _faults(self, page):
        """:return: the fields that are marked, in the order of the page"""
        return re.findall(r'data-field="(\w+)"', page.text)

    def _invoices(self):
        return self.env["account.move"].search(
            [("invoice_line_ids.skydrop_deposit_id", "in", self.deposits.ids)]
        )

    # ------------------------------------------------------------------
    # Receivers
    # ------------------------------------------------------------------

    def test_added_and_listed(self):
        page = self._post(f"{RECEIVERS}/new", **PERSON)
        self.assertTrue(page.url.endswith(RECEIVERS))
        self.assertIn(RFC_PERSON, page.text)
        self.assertEqual(self._extra()._skydrop_receiver_values(), PERSON)

    def test_each_field_is_marked(self):
        for typed, field in (
            ({"rfc": "RASJ851314"}, "rfc"),
            ({"rfc": ""}, "rfc"),
            ({"rfc": "XEXX010101000", "fiscal_regime": "616"}, "rfc"),
            ({"zip": "1"}, "zip"),
            ({"legal_name": " "}, "legal_name"),
            ({"fiscal_regime": "601"}, "fiscal_regime"),
            ({"fiscal_regime": "'"}, "fiscal_regime"),
            ({"cfdi_use": "D01"}, None),
            ({"cfdi_use": "D01", "fiscal_regime": "626"}, "cfdi_use"),
        ):
            with self.subTest(typed=typed):
                page = self._post(f"{RECEIVERS}/new", **{**PERSON, **typed})
                self.assertEqual(self._faults(page)[:1], [field] if field else [])

    def test_check_digit(self):
        wrong = RFC_PERSON[:-1] + "0"
        page = self._post(f"{RECEIVERS}/new", **{**PERSON, "rfc": wrong})
        self.assertIn("The check digit does not match. Is it right?", page.text)
        self.assertIn('name="confirm_rfc"', page.text)
        self.assertFalse(self._extra())
        other = RFC_PERSON[:-1] + "1"
        page = self._post(
            f"{RECEIVERS}/new", **{**PERSON, "rfc": other, "confirm_rfc": wrong}
        )
        self.assertEqual(self._faults(page), ["rfc"])
        self._post(f"{RECEIVERS}/new", **{**PERSON, "rfc": wrong, "confirm_rfc": wrong})
        self.assertEqual(self._extra().vat, wrong)
        # Known from now on.
        path = f"{RECEIVERS}/{self._extra().id}"
        self._post(path, **{**PERSON, "rfc": wrong, "zip": "64010"})
        self.assertEqual(self._extra().zip, "64010")

    def test_suffix_is_taken_off_and_said(self):
        typed = {**COMPANY, "legal_name": "Luna Nueva, S.A. de C.V."}
        page = self._post(f"{RECEIVERS}/{self.customer.id}", **typed)
        self.assertEqual(self.customer.skydrop_legal_name, "LUNA NUEVA")
        self.assertIn("S.A. DE C.V.", self._node(page, "notice"))
        self.assertIsNone(self._node(self.url_open(BILLING + RECEIVERS), "notice"))

    def test_default_and_archive(self):
        receiver = self.customer._skydrop_create_receiver(PERSON)
        self._post(f"{RECEIVERS}/{receiver.id}/default")
        self.assertEqual(self.customer._skydrop_get_default_receiver(), receiver)
        page, _form = self._preview(self.deposits)
        self.assertIn("JORGE RAMIREZ SOTO", self._node(page, "receiver"))
        self._post(f"{RECEIVERS}/{receiver.id}/archive")
        self.assertFalse(receiver.active)
        page = self._post(f"{RECEIVERS}/{self.customer.id}/archive")
        self.assertIn("not archived", self._node(page, "notice"))

    def test_archived_can_be_restored(self):
        receiver = self.customer._skydrop_create_receiver(PERSON)
        self.assertIsNone(self._node(self.url_open(BILLING + RECEIVERS), "archived"))
        page = self._post(f"{RECEIVERS}/{receiver.id}/archive")
        self.assertIn('data-skydrop="archived"', page.text)
        self.assertIn(f"{RECEIVERS}/{receiver.id}/restore", page.text)
        # Archived: neither to be corrected nor chosen.
        page = self.url_open(f"{BILLING}{RECEIVERS}/{receiver.id}")
        self.assertEqual(page.status_code, 404)
        page = self._post(f"{RECEIVERS}/{receiver.id}/restore")
        self.assertTrue(receiver.active)
        self.assertNotIn('data-skydrop="archived"', page.text)
        self.assertEqual(page.text.count('data-skydrop="receiver"'), 2)
        page = self._post(f"{RECEIVERS}/{receiver.id}/restore")
        self.assertEqual(page.status_code, 404)

    def test_restored_up_to_twenty(self):
        receiver = self.customer._skydrop_create_receiver(PERSON)
        receiver._skydrop_archive_receiver()
        self.env["res.partner"].create(
            [
                self.customer._skydrop_prepare_receiver({**PERSON, "zip": f"647{n:02}"})
                for n in range(20)
            ]
        )
        page = self._post(f"{RECEIVERS}/{receiver.id}/restore")
        self.assertIn("You have 20 receivers already", self._node(page, "notice"))
        self.assertFalse(receiver.active)

    def test_not_mine_and_not_there_are_the_same(self):
        theirs = self.other_customer._skydrop_create_receiver(PERSON)
        archived = self.other_customer._skydrop_create_receiver(
            {**PERSON, "zip": "64001"}
        )
        archived._skydrop_archive_receiver()
        self._post(f"{RECEIVERS}/{archived.id}/restore")
        self.assertFalse(archived.active)
        for path in ("", "/default", "/archive", "/restore"):
            answers = []
            for record_id in (theirs.id, theirs.id + 100000):
                page = self._post(f"{RECEIVERS}/{record_id}{path}", **PERSON)
                # The choice of language repeats the address.
                body = re.sub(r'csrf_token: "\w+"|receivers/\d+', "", page.text)
                answers.append((page.status_code, body))
            with self.subTest(path=path):
                self.assertEqual(answers[0], answers[1])
                self.assertEqual(answers[0][0], 404)
        self.assertTrue(theirs.active)

    def test_odoos_addresses_leave_them_alone(self):
        receiver = self.customer._skydrop_create_receiver(PERSON)
        user = self._create_portal_user("sola", self.other_customer)
        user.partner_id = self.customer
        self._sign_in(user)
        page = self.url_open("/my/addresses")
        self.assertNotIn("JORGE RAMIREZ SOTO", page.text)
        self.assertEqual(
            self.url_open(f"/my/address?partner_id={receiver.id}").status_code, 403
        )
        self.url_open(
            "/my/address/submit",
            data={
                "partner_id": receiver.id,
                "name": "X",
                "zip": "00000",
                "csrf_token": Request.csrf_token(self),
            },
        )
        self.assertEqual(receiver._skydrop_receiver_values(), PERSON)
        with (
            mute_logger("odoo.http"),
            self.assertRaisesRegex(JsonRpcException, "Forbidden"),
        ):
            self.make_jsonrpc_request(
                "/my/address/archive", {"partner_id": receiver.id}
            )
        self.assertTrue(receiver.active)

    # ------------------------------------------------------------------
    # The first time
    # ------------------------------------------------------------------

    def test_form_before_the_ticks(self):
        self.customer.write({"vat": False, "zip": False, "skydrop_legal_name": False})
        self.customer.write({"skydrop_fiscal_regime": False, "skydrop_cfdi_use": False})
        page = self.url_open(BILLING)
        form = page.text.index("o_skydrop_fiscal_form")
        self.assertLess(form, page.text.index("o_skydrop_tick"))
        names = [
            page.text.index(f'name="{name}"')
            for name in ("rfc", "legal_name", "zip", "fiscal_regime", "cfdi_use")
        ]
        self.assertEqual(names, sorted(names))
        self.assertEqual(self._faults(page), [])
        path = f"{RECEIVERS}/{self.customer.id}"
        page = self._post(path, next="billing", **{**COMPANY, "zip": "x"})
        self.assertEqual(self._faults(page), ["zip"])
        page = self._post(path, next="billing", **COMPANY)
        self.assertIn(f"{BILLING}?saved=1", page.url)
        self.assertNotIn("o_skydrop_fiscal_form", page.text)
        self.assertEqual(self.customer._skydrop_receiver_values(), COMPANY)

    # ------------------------------------------------------------------
    # Corrections in the preview
    # ------------------------------------------------------------------

    def _correct(self, save="0", **typed):
        return self._preview(
            self.deposits,
            receiver_id=self.customer.id,
            fields_of=self.customer.id,
            save=save,
            **{**COMPANY, **typed},
        )

    def test_only_this_invoice(self):
        page, form = self._correct(zip="44999", legal_name="LUNA LLENA SA DE CV")
        self.assertIn("LUNA LLENA", self._node(page, "receiver"))
        self.assertIn("SA DE CV", self._node(page, "notice"))
        self._post("/generate", **form)
        invoice = self._invoices()
        self.assertEqual(
            (invoice.skydrop_zip, invoice.skydrop_legal_name), ("44999", "LUNA LLENA")
        )
        self.assertEqual(self.customer._skydrop_receiver_values(), COMPANY)
        self._post("/generate", **form)
        self.assertEqual(len(self._invoices()), 1)

    def test_saved_for_the_next_time(self):
        _page, form = self._correct(save="1", zip="44999")
        self.assertEqual(self.customer.zip, "44100")
        self._post("/generate", **form)
        self.assertEqual(self._invoices().skydrop_zip, "44999")
        self.assertEqual(self.customer.zip, "44999")

    def test_saved_rfc_is_a_new_receiver(self):
        _page, form = self._correct(save="1", **PERSON)
        first = self._post("/generate", **form)
        second = self._post("/generate", **form)
        self.assertEqual(first.url, second.url)
        invoice = self._invoices()
        self.assertEqual(len(invoice), 1)
        self.assertEqual(invoice.partner_id, self._extra())
        self.assertEqual(invoice.skydrop_rfc, RFC_PERSON)
        self.assertEqual(self.customer.vat, RFC_COMPANY)

    def test_wrong_corrections_are_marked_and_refused(self):
        for typed, field in (
            ({"rfc": "CLU151308H76"}, "rfc"),
            ({"zip": "441"}, "zip"),
            ({"fiscal_regime": "605"}, "fiscal_regime"),
            ({"cfdi_use": "D01"}, "cfdi_use"),
            ({"cfdi_use": "<b>"}, "cfdi_use"),
        ):
            with self.subTest(typed=typed):
                page, form = self._correct(**typed)
                self.assertEqual(self._faults(page), [field])
                self.assertNotIn('data-skydrop="generate"', page.text)
                self.assertIn(f'href="#o_skydrop_{field}"', page.text)
                # The verdict of the page is that of the server without the page.
                page = self._post("/generate", **form)
                self.assertEqual(self._faults(page), [field])
                self.assertFalse(self._invoices())

    def test_another_receiver_drops_the_fields_of_the_first(self):
        receiver = self.customer._skydrop_create_receiver(PERSON)
        page, form = self._preview(
            self.deposits,
            receiver_id=receiver.id,
            fields_of=self.customer.id,
            save="1",
            **COMPANY,
        )
        self.assertIn("JORGE RAMIREZ SOTO", self._node(page, "receiver"))
        self._post("/generate", **form)
        self.assertEqual(self._invoices().skydrop_rfc, RFC_PERSON)

    def test_payment_form(self):
        page, form = self._preview(self.deposits, payment_form="03")
        text = " ".join(re.sub(r"<[^>]*>", "", page.text).split())
        self.assertIn("03 Transferencia electrónica de fondos (2 of 3 deposits)", text)
        self.assertNotIn("Cheque nominativo", text)
        page = self._post("/preview", **{**form, "remove": self.deposits[0].id})
        self.assertEqual(page.status_code, 200)
        self._post("/generate", **form)
        self.assertEqual(self._invoices().skydrop_payment_form, "03")

    def test_removing_the_last_deposit_of_a_form(self):
        _page, form = self._preview(self.deposits, payment_form="04")
        page = self._post("/preview", **{**form, "remove": self.deposits[2].id})
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("Tarjeta de crédito", page.text)

    def test_corrected_after_the_preview_is_another_fingerprint(self):
        _page, form = self._correct(zip="44999")
        form["zip"] = "44998"
        page = self._post("/generate", **form)
        self.assertIn("Something changed", page.text)
        self.assertFalse(self._invoices())

    def test_general_public_on_file_is_refused_here(self):
        self.customer.write({"vat": "XAXX010101000", "skydrop_fiscal_regime": "616"})
        self.customer.skydrop_cfdi_use = "S01"
        page, _form = self._preview(self.deposits)
        self.assertEqual(self._faults(page), ["rfc"])
