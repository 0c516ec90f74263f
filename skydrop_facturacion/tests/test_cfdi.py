import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import RFC_COMPANY, RFC_PERSON
from .http_common import BILLING, SkydropHttpCommon

ISSUER = "EKU9003173C9"
UUID = "6F9619FF-8B86-D011-B42D-00CF4FC964FF"
OTHER_UUID = "7F9619FF-8B86-D011-B42D-00CF4FC964FF"
NAMESPACE = "http://www.sat.gob.mx/cfd/4"


def make_cfdi(
    issuer=ISSUER,
    receiver=RFC_COMPANY,
    total="1160.00",
    currency="MXN",
    kind="I",
    version="4.0",
    namespace=NAMESPACE,
    uuid=UUID,
    head='<?xml version="1.0" encoding="UTF-8"?>',
):
    stamp = (
        f'<cfdi:Complemento><t:TimbreFiscalDigital Version="1.1" UUID="{uuid}" '
        'xmlns:t="http://www.sat.gob.mx/TimbreFiscalDigital"/></cfdi:Complemento>'
    )
    return (
        f'{head}<cfdi:Comprobante xmlns:cfdi="{namespace}" Version="{version}" '
        f'Total="{total}" Moneda="{currency}" TipoDeComprobante="{kind}">'
        f'<cfdi:Emisor Rfc="{issuer}"/><cfdi:Receptor Rfc="{receiver}"/>'
        f"{stamp if uuid else ''}</cfdi:Comprobante>"
    ).encode()


def b64(content):
    return base64.b64encode(content).decode()


ENTITIES = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
BILLION_LAUGHS = f"<!DOCTYPE x [<!ENTITY a0 'ha'>{ENTITIES}]>"


@tagged("post_install", "-at_install")
class TestCfdi(SkydropHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.vat = ISSUER
        cls.invoice = cls._create_deposits(1160)._create_invoices()
        cls.accountant = cls._create_internal_user("contadora", "group_accountant")

    def _attach(self, content=None, **kwargs):
        invoice = self.invoice.with_user(self.accountant)
        return invoice.skydrop_attach_cfdi(b64(content or make_cfdi()), **kwargs)

    def test_attached(self):
        xml = make_cfdi()
        self.assertFalse(self.invoice._skydrop_fiscal_files())
        self.assertEqual(self._attach(xml), UUID)
        self.assertEqual(self.invoice.skydrop_cfdi_uuid, UUID)
        name = self.invoice.name.replace("/", "_") + "_CFDI.xml"
        self.assertEqual(
            self.invoice._skydrop_fiscal_files(), [(name, "application/xml", xml)]
        )
        self._attach(xml, pdf=b64(b"%PDF-1.7 x"))
        self.assertEqual(len(self.invoice._skydrop_fiscal_files()), 2)
        # The same XML again keeps the PDF.
        self._attach(xml)
        self.assertEqual(len(self.invoice._skydrop_fiscal_files()), 2)

    def test_read_back_by_the_platform(self):
        deposit = self.invoice.skydrop_deposit_ids
        before = deposit.status_date
        self._attach()
        self.env.flush_all()
        self.assertEqual(self.invoice._skydrop_get_status()["uuid"], UUID)
        self.assertGreaterEqual(deposit.status_date, before)
        files = self.invoice._skydrop_get_files()
        self.assertEqual(
            [mimetype for _name, mimetype, _content in files],
            ["application/pdf", "application/xml"],
        )

    def test_refused(self):
        for content, message in (
            (make_cfdi(issuer=RFC_PERSON), f"RFC of the issuer: {RFC_PERSON}"),
            (make_cfdi(receiver=RFC_PERSON), f"RFC of the receiver: {RFC_PERSON}"),
            (make_cfdi(total="1160.01"), "Total: 1160.01 .*1160.00"),
            (make_cfdi(currency="USD"), "Currency: USD"),
            (make_cfdi(kind="E"), "Type: E"),
            (make_cfdi(version="3.3"), "version 4.0"),
            (make_cfdi(namespace="http://www.sat.gob.mx/cfd/3"), "version 4.0"),
            (make_cfdi(uuid=None), "no stamp"),
            (make_cfdi(uuid="x"), "no stamp"),
            (make_cfdi(total="1e3"), "lacks"),
            (make_cfdi(total="NaN"), "lacks"),
            (b"%PDF-1.7", "no XML"),
            (b"\x00\xff", "no XML"),
            (b"<html/>", "no CFDI"),
            (b"<a>" * 300_000, "no XML"),
            (b" " * 1_000_001, "larger than 1 MB"),
            (make_cfdi(head="<!DOCTYPE x>"), "document type"),
            (
                make_cfdi(
                    issuer="&e;",
                    head='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
                ),
                "no XML|document type",
            ),
            (
                make_cfdi(head='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'),
                "document type",
            ),
            (make_cfdi(issuer="&a11;", head=BILLION_LAUGHS), "no XML|document type"),
        ):
            with (
                self.subTest(content=content[:200]),
                self.assertRaisesRegex(UserError, message),
            ):
                self._attach(content)
        for text in ("%%%", "ñ", 5):
            with self.subTest(text=text), self.assertRaisesRegex(UserError, "base64"):
                self.invoice.skydrop_attach_cfdi(text)
        with self.assertRaisesRegex(UserError, "has to be a PDF"):
            self._attach(pdf=b64(b"<html/>"))
        self.assertFalse(self.invoice.skydrop_cfdi_uuid)

    def test_replaced_only_on_purpose(self):
        self._attach(pdf=b64(b"%PDF-1.7 x"))
        other = make_cfdi(uuid=OTHER_UUID.lower())
        with self.assertRaisesRegex(UserError, UUID):
            self._attach(other)
        self.assertEqual(self._attach(other, replace=True), OTHER_UUID)
        self.assertEqual(len(self.invoice._skydrop_fiscal_files()), 1)

    def test_one_cfdi_is_of_one_invoice(self):
        self._attach()
        second = self._create_deposits(1160)._create_invoices()
        with self.assertRaisesRegex(UserError, self.invoice.name):
            second.skydrop_attach_cfdi(b64(make_cfdi()))

    def test_who_may(self):
        for user in (
            self.portal_user,
            new_test_user(
                self.env, login="facturista", groups="account.group_account_invoice"
            ),
        ):
            invoice = self.invoice.with_user(user)
            for action in (
                lambda invoice=invoice: invoice.skydrop_attach_cfdi(b64(make_cfdi())),
                invoice.action_skydrop_attach_cfdi,
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    action()
        with self.assertRaises(UserError):
            self.invoice.with_user(self.accountant).skydrop_cfdi_uuid = OTHER_UUID

    def test_dialog(self):
        action = self.invoice.with_user(self.accountant).action_skydrop_attach_cfdi()
        dialog = (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({"xml_file": b64(make_cfdi())})
        )
        dialog.action_attach()
        self.assertEqual(self.invoice.skydrop_cfdi_uuid, UUID)

    def test_kept_until_it_no_longer_fits(self):
        self._attach()
        self.invoice.button_draft()
        self.assertEqual(self.invoice.skydrop_cfdi_uuid, UUID)
        self.invoice.action_post()
        self.assertEqual(self.invoice.skydrop_cfdi_uuid, UUID)
        self.assertFalse(self.invoice.copy().skydrop_cfdi_uuid)
        self.invoice.button_draft()
        self.invoice.skydrop_rfc = "XIA190128J61"
        self.invoice.action_post()
        self.assertFalse(self.invoice.skydrop_cfdi_uuid)
        self.assertFalse(self.invoice._skydrop_fiscal_files())

    def test_offered_to_the_customer(self):
        self.company.skydrop_cfdi_pending_text = "en un día <hábil>"
        self._sign_in()
        page = self.url_open(f"/my/invoices/{self.invoice.id}")
        self.assertIn("en un día &lt;hábil&gt;", page.text)
        files = f"{BILLING}/invoices/{self.invoice.id}/files"
        self.assertEqual(self.url_open(f"{files}/0").status_code, 404)
        xml = make_cfdi()
        self._attach(xml)
        page = self.url_open(f"/my/invoices/{self.invoice.id}")
        self.assertEqual(self._node(page, "uuid"), UUID)
        self.assertNotIn("hábil", page.text)
        answer = self.url_open(f"{files}/0")
        self.assertEqual(answer.content, xml)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        stranger = self._create_portal_user("otra", self._create_customer("Otra"))
        self._sign_in(stranger)
        self.assertEqual(self.url_open(f"{files}/0").status_code, 404)
