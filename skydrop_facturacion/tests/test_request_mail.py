import email
import email.policy
import json
import socket
from datetime import timedelta

from aiosmtpd.controller import Controller
from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .request_common import SkydropRequestCommon

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000a49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)
HOSTILE = "<script>alert(1)</script>\r\nBcc: ladron@x.mx\r\n\x00 & \"'"
AUTOMATIC = (
    "Auto-Submitted",
    "Precedence",
    "X-Auto-Response-Suppress",
    "List-Id",
    "List-Unsubscribe",
)


class Desk:
    """The mail server of a help desk: it keeps what it is handed."""

    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return "250 OK"

    def mails(self):
        """:return: the mails so far, parsed"""
        return [
            email.message_from_bytes(envelope.content, policy=email.policy.default)
            for envelope in self.envelopes
        ]


@tagged("post_install", "-at_install")
class TestRequestMail(SkydropRequestCommon):
    """What reaches the desk's mail server, over a real connection."""

    def setUp(self):
        super().setUp()
        # Tests are kept from sending: here a real server on this machine takes it.
        self.patch(type(self.env["ir.mail_server"]), "_disable_send", lambda cls: False)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.env["ir.mail_server"].search([]).active = False
        self.env["ir.mail_server"].create(
            {"name": "desk", "smtp_host": "127.0.0.1", "smtp_port": self.port}
        )
        self.desk = Desk()
        self.controller = None
        self._server_up()

    def _server_up(self):
        self.controller = Controller(self.desk, hostname="127.0.0.1", port=self.port)
        self.controller.start()
        self.addCleanup(self._server_down)

    def _server_down(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    def _run_queue(self):
        self.env["mail.mail"].process_email_queue()

    def _deliver(self):
        """:return: the one mail that was delivered now"""
        before = len(self.desk.envelopes)
        self._run_queue()
        (mail,) = self.desk.mails()[before:]
        return mail

    def _parts(self, mail):
        return {
            part.get_filename(): part.get_payload(decode=True)
            for part in mail.iter_attachments()
        }

    # ------------------------------------------------------------------
    # Each kind
    # ------------------------------------------------------------------

    def _check_mail(self, request, label):
        mail = self._deliver()
        self.assertEqual(
            mail["Subject"],
            f"{request.name} · {self.invoice.name} · {label} · COMERCIALIZADORA LUNA",
        )
        self.assertIn("<facturas@skydrop.mx>", mail["From"])
        self.assertIn("<luna@luna.mx>", mail["Reply-To"])
        self.assertEqual(mail["To"], "hola@desk.mx")
        self.assertEqual(self.desk.envelopes[-1].rcpt_tos, ["hola@desk.mx"])
        self.assertEqual(len(mail.get_all("Message-Id")), 1)
        self.assertTrue(mail["Message-Id"].endswith("@skydrop.mx>"))
        for header in AUTOMATIC:
            self.assertIsNone(mail[header], header)
        self.assertEqual(request.mail_state, "sent")
        data = json.loads(self._parts(mail)["solicitud.json"])
        self.assertEqual(data["schema"], "skydrop.change.request/1")
        self.assertEqual(data["request"], request.name)
        self.assertEqual(data["type"], request.request_type)
        self.assertEqual(data["invoice"]["total"], "1000.00")
        text = mail.get_body(("plain",)).get_content()
        html = mail.get_body(("html",)).get_content()
        for body in (text, html):
            self.assertIn(f"/odoo/skydrop-requests/{request.id}", body)
            self.assertIn(self.invoice.name, body)
        return mail, data, text, html

    def test_cancel(self):
        request = self._ask_cancel(description="Duplicada")
        _mail, data, text, html = self._check_mail(request, "Cancelación")
        self.assertEqual(data["reason"], "02")
        self.assertIn("Duplicada", text)
        self.assertIn("Duplicada", html)

    def test_modify(self):
        request = self._ask_modify(zip="44110", note="Obra 7")
        _mail, data, text, html = self._check_mail(request, "Edición")
        self.assertEqual(
            data["changes"],
            [
                {"field": "zip", "old": "44100", "new": "44110"},
                {"field": "note", "old": "", "new": "Obra 7"},
            ],
        )
        self.assertIn("44100 -> 44110", text)
        self.assertIn("44110", html)

    def test_split(self):
        request = self._ask_split(333.33, 333.33, 333.34)
        _mail, data, text, _html = self._check_mail(request, "División")
        amounts = [part["amount"] for part in data["parts"]]
        self.assertEqual(amounts, ["333.33", "333.33", "333.34"])
        self.assertIn("333.34", text)

    def test_dollars_are_named(self):
        for currency, code in ((self.mxn, "MXN"), (self.usd, "USD")):
            self.deposits = self._create_deposits(600, 400, currency_id=currency.id)
            self.invoice = self.deposits._create_invoices()
            request = self._ask_split(300, 700)
            _mail, _data, text, html = self._check_mail(request, "División")
            for amount in ("300.00", "700.00", "1,000.00"):
                with self.subTest(code, amount=amount):
                    for body in (text, html):
                        self.assertEqual(f"{amount} USD" in body, code == "USD")
                        self.assertNotIn("MXN", body)

    def test_spanish_whatever_the_users_language(self):
        self.portal_user.lang = "en_US"
        request = self._ask_cancel()
        mail = self._deliver()
        self.assertIn(f"{self.invoice.name} · Cancelación · ", mail["Subject"])
        self.assertIn("Receptor", mail.get_body(("plain",)).get_content())
        self.assertEqual(request.mail_state, "sent")

    # ------------------------------------------------------------------
    # Attachments
    # ------------------------------------------------------------------

    def test_attachments(self):
        pdf = self.env["ir.attachment"].create(
            {
                "name": "factura.pdf",
                "raw": b"%PDF-1.4 of the invoice",
                "mimetype": "application/pdf",
                "res_model": "account.move",
                "res_id": self.invoice.id,
                "res_field": "invoice_pdf_report_file",
            }
        )
        self.assertEqual(self.invoice.invoice_pdf_report_id, pdf)
        files = [
            {"name": "uno.png", "raw": PNG, "mimetype": "image/png"},
            {"name": "año.png", "raw": PNG + b"2", "mimetype": "image/png"},
        ]
        request = self._ask_cancel(attachments=files)
        parts = self._parts(self._deliver())
        self.assertEqual(parts["factura.pdf"], b"%PDF-1.4 of the invoice")
        self.assertEqual(parts["uno.png"], PNG)
        self.assertEqual(parts["año.png"], PNG + b"2")
        data = json.loads(parts["solicitud.json"])
        names = [one["name"] for one in data["attachments"]]
        self.assertEqual(names, ["uno.png", "año.png"])
        self.assertEqual(request.invoice_pdf_id.raw, pdf.raw)

    def test_no_more_than_a_mail_can_carry(self):
        files = [
            {
                "name": f"{number}.png",
                "raw": PNG + bytes(5 * 1024 * 1024 - len(PNG)),
                "mimetype": "image/png",
            }
            for number in range(5)
        ]
        request = self._ask_cancel(attachments=files)
        self._deliver()
        self.assertLessEqual(len(self.desk.envelopes[-1].content), 10 * 1024 * 1024)
        data = json.loads(self._parts(self.desk.mails()[-1])["solicitud.json"])
        self.assertEqual(len(data["attachments"]), 5)
        self.assertEqual(len(request.attachment_ids), 5)

    # ------------------------------------------------------------------
    # Hostile text
    # ------------------------------------------------------------------

    def test_hostile_text(self):
        name = HOSTILE.replace("\x00", "")
        self.portal_user.name = name
        self.invoice.sudo().skydrop_legal_name = name
        self.company.name = "Empresa\r\nBcc: otro@x.mx"
        request = self._as_customer()._create_modify(
            self._invoice_as_customer(),
            self._create_receiver(name, vat="XIA190128J61"),
            {"note": HOSTILE, "legal_name": HOSTILE},
            self.deposits,
            description=HOSTILE,
            attachments=[{"name": name, "raw": PNG, "mimetype": "image/png"}],
        )
        request._post_message(self.portal_user, HOSTILE)
        self._run_queue()
        self.assertEqual(len(self.desk.envelopes), 2)
        for envelope, mail in zip(self.desk.envelopes, self.desk.mails(), strict=True):
            self.assertEqual(envelope.rcpt_tos, ["hola@desk.mx"])
            self.assertIsNone(mail["Bcc"])
            self.assertNotIn("\n", mail["Subject"])
            html = mail.get_body(("html",)).get_content()
            self.assertNotIn("<script", html)
            self.assertIn("&lt;script&gt;", html)
            self.assertIn("Bcc: ladron@x.mx", mail.get_body(("plain",)).get_content())

    # ------------------------------------------------------------------
    # Senders
    # ------------------------------------------------------------------

    def test_never_from_the_desk_nor_noreply(self):
        for address in ("hola@desk.mx", "noreply@skydrop.mx", "no-reply@skydrop.mx"):
            with self.subTest(address=address):
                self.company.email = address
                sender = self.company._skydrop_get_request_sender()
                self.assertNotEqual(sender, address)
        self.company.skydrop_request_sender = "cfdi@skydrop.mx"
        self.assertEqual(self.company._skydrop_get_request_sender(), "cfdi@skydrop.mx")

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def test_wrong_address_is_kept_and_mended(self):
        for address in (False, "nada"):
            with self.subTest(address=address):
                self.company.skydrop_support_email = address
                request = self._ask_cancel(self._create_deposits(5)._create_invoices())
                self._run_queue()
                self.assertEqual(request.state, "sent")
                self.assertEqual(request.mail_state, "failed")
                self.company.skydrop_support_email = "hola@desk.mx"
                request.with_user(self.support).sudo(False).action_resend()
                self.assertEqual(self._deliver()["To"], "hola@desk.mx")
                self.assertEqual(request.mail_state, "sent")

    def test_no_sender_is_kept_and_mended(self):
        self.company.email = "hola@desk.mx"
        self.company.alias_domain_id = False
        request = self._ask_cancel()
        self.assertEqual(request.mail_state, "failed")
        self.assertIn("no address to send from", request.mail_failure)
        self._run_queue()
        self.assertFalse(self.desk.envelopes)
        self.company.email = "facturas@skydrop.mx"
        request.with_user(self.support).sudo(False).action_resend()
        self.assertIn("facturas@skydrop.mx", self._deliver()["From"])

    # ------------------------------------------------------------------
    # Delivery
    # ------------------------------------------------------------------

    @mute_logger(
        "odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server"
    )
    def test_server_down_and_up(self):
        self._server_down()
        request = self._ask_cancel()
        message_id = request.mail_ids.message_id
        intervals = []
        now = fields.Datetime.now()
        for _attempt in range(3):
            with freeze_time(now):
                self._run_queue()
                self.assertEqual(request.mail_state, "failed")
                self.assertEqual(request.state, "sent")
                retry_date = request.mail_ids.skydrop_retry_date
                intervals.append(retry_date - now)
            with freeze_time(retry_date - timedelta(seconds=1)):
                self.env["mail.mail"]._cron_retry_request_mails()
                self.assertEqual(request.mail_state, "failed")
            now = retry_date
            with freeze_time(now):
                self.env["mail.mail"]._cron_retry_request_mails()
                self.assertEqual(request.mail_state, "outgoing")
        self.assertEqual(intervals, sorted(set(intervals)), "not growing")
        self._server_up()
        with freeze_time(now):
            mail = self._deliver()
        self.assertEqual(mail["Message-Id"], message_id)
        self.assertEqual(request.mail_state, "sent")
        with freeze_time(now + timedelta(days=3)):
            self.env["mail.mail"]._cron_retry_request_mails()
            self._run_queue()
        self.assertEqual(len(self.desk.envelopes), 1)

    def test_burst(self):
        invoices = [
            self._create_deposits(5)._create_invoices() for _number in range(22)
        ]
        now = fields.Datetime.now().replace(microsecond=0)
        with freeze_time(now):
            requests = self.Request.browse()
            for invoice in invoices:
                requests += self._ask_cancel(invoice)
            self._run_queue()
            self._run_queue()
        self.assertEqual(len(self.desk.envelopes), 10)
        self.assertEqual(set(requests.mapped("state")), {"sent"})
        for round_number, before, after in ((1, 10, 20), (2, 20, 22)):
            with freeze_time(now + timedelta(minutes=10 * round_number, seconds=-5)):
                self._run_queue()
                self.assertEqual(len(self.desk.envelopes), before)
            with freeze_time(now + timedelta(minutes=10 * round_number, seconds=2)):
                self._run_queue()
                self.assertEqual(len(self.desk.envelopes), after)
        self.assertEqual(set(requests.mapped("mail_state")), {"sent"})
        self.assertEqual(len({mail["Subject"] for mail in self.desk.mails()}), 22)

    def test_one_thread(self):
        request = self._ask_cancel()
        first = self._deliver()
        request._post_message(self.portal_user, "¿Ya?")
        message = self._deliver()
        request.with_user(self.support).sudo(False).action_resend()
        again = self._deliver()
        request._withdraw()
        withdrawal = self._deliver()
        for mail in (message, again, withdrawal):
            self.assertEqual(mail["In-Reply-To"], first["Message-Id"])
            self.assertIn(first["Message-Id"], mail["References"])
            self.assertNotEqual(mail["Message-Id"], first["Message-Id"])
            self.assertEqual(mail["To"], "hola@desk.mx")
        self.assertIn("¿Ya?", message.get_body(("plain",)).get_content())
        self.assertIn("solicitud.json", self._parts(again))
        self.assertIn("retira", withdrawal.get_body(("plain",)).get_content())

    def test_test_mail(self):
        settings = self.env["res.config.settings"].create({})
        action = settings.action_skydrop_send_test_mail()
        self.assertEqual(action["params"]["type"], "success")
        (mail,) = self.desk.mails()
        self.assertEqual(mail["To"], "hola@desk.mx")
        self._server_down()
        with mute_logger("odoo.addons.base.models.ir_mail_server"):
            action = settings.action_skydrop_send_test_mail()
        self.assertEqual(action["params"]["type"], "danger")

    def test_checklist(self):
        settings = self.env["res.config.settings"].create({})
        self.assertIn("SPF", settings.skydrop_mail_checklist)
        self.assertIn("✓ Requests are mailed to", settings.skydrop_mail_checklist)
        self.env["ir.mail_server"].search([]).from_filter = "otra.mx"
        self.company.skydrop_support_email = "nada"
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.skydrop_mail_checklist.count("⚠"), 2)

    # ------------------------------------------------------------------
    # What comes back
    # ------------------------------------------------------------------

    def test_answer_lands_in_the_thread(self):
        request = self._ask_cancel()
        mail = self._deliver()
        answer = (
            "From: Ana <ana@desk.mx>\r\nTo: facturas@skydrop.mx\r\n"
            f"Subject: Re: {request.name}\r\nMessage-Id: <ans-1@desk.mx>\r\n"
            f"References: {mail['Message-Id']}\r\n\r\nTicket 48151 abierto.\r\n"
        )
        self.env["mail.thread"].message_process(False, answer)
        self._run_queue()
        self.assertEqual(len(self.desk.envelopes), 1, "somebody was notified")
        messages = request._get_customer_messages()
        self.assertIn("Ticket 48151", messages.body)
        self.assertTrue(request.is_unread)
        self.assertFalse(request.message_follower_ids)
