import io
import zipfile
from pathlib import Path

from pypdf import PdfReader

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_actions_report

from .common import RFC_COMPANY
from .http_common import BILLING, SkydropHttpCommon
from .test_cfdi import ISSUER, b64, make_cfdi


@tagged("post_install", "-at_install")
class TestPortalInvoices(SkydropHttpCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._create_deposits(1160, reference="REC-77")._create_invoices()
        cls.page = f"/my/invoices/{cls.invoice.id}"

    def setUp(self):
        super().setUp()
        self._make_real_pdfs()

    def _pdf(self):
        return self.url_open(f"{self.page}?report_type=pdf&download=true")

    def test_list(self):
        cancelled = self._create_deposits(10)._create_invoices()
        cancelled.button_cancel()
        reset = self._create_deposits(20)._create_invoices()
        reset.button_draft()
        never_posted = self.env["account.move"].create(
            self._create_deposits(30)._prepare_invoice_values(self.customer)
        )
        self._sign_in()
        page = self.url_open(f"{BILLING}/invoices").text
        for invoice, state in (
            (self.invoice, "Valid"),
            (cancelled, "Invoice cancelled"),
            (reset, "In correction"),
        ):
            self.assertIn(invoice.name, page)
            only = self.url_open(f"{BILLING}/invoices?state={invoice.state}").text
            self.assertIn(invoice.name, only)
            self.assertIn(state, only)
        self.assertEqual(page.count('data-skydrop="invoice"'), 3)
        self.assertFalse(never_posted.posted_before)

    def test_pdf_of_a_cancelled_invoice(self):
        self._sign_in()
        known = self._pdf().content
        self.invoice.button_cancel()
        path = f"{BILLING}/invoices/{self.invoice.id}/pdf"
        self.assertIn(path, self.url_open(f"{BILLING}/invoices").text)
        self.assertEqual(self.url_open(path).content, known)
        other = self._create_portal_user("otra", self._create_customer("Otra"))
        self._sign_in(other)
        self.assertEqual(self.url_open(path).status_code, 404)

    def test_page_and_pdf_stay_after_the_customer_changes(self):
        self._sign_in()
        pdf = self._pdf().content
        html = self.url_open(f"{self.page}?report_type=html").text
        self.assertIn(RFC_COMPANY, html)
        self.customer.write(
            {
                "name": "Otra razón",
                "vat": "XIA190128J61",
                "zip": "06600",
                "skydrop_legal_name": "OTRA RAZON",
                "skydrop_fiscal_regime": "603",
                "skydrop_cfdi_use": "S01",
            }
        )
        self.assertEqual(self._pdf().content, pdf)
        again = self.url_open(f"{self.page}?report_type=html").text
        for value in (RFC_COMPANY, "COMERCIALIZADORA LUNA", "44100"):
            self.assertIn(value, again)
        for value in ("XIA190128J61", "OTRA RAZON", "06600"):
            self.assertNotIn(value, again)

    def test_search(self):
        self._sign_in()
        for search, found in (
            (self.invoice.name, 1),
            ("luna", 1),
            ("REC-77", 1),
            ("CLU150408", 1),
            ("nothing", 0),
            ("%' OR 1=1", 0),
        ):
            with self.subTest(search=search):
                page = self.opener.get(
                    self.base_url() + f"{BILLING}/invoices",
                    params={"search": search, "state": "nonsense"},
                )
                self.assertEqual(page.text.count('data-skydrop="invoice"'), found)

    def test_zip_of_a_month(self):
        self._sign_in()
        month = f"{self.invoice.invoice_date:%Y-%m}"
        answer = self.url_open(f"{BILLING}/invoices/zip/{month}")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            (name,) = archive.namelist()
            self.assertEqual(name, self.invoice.name.replace("/", "_") + ".pdf")
            self.assertEqual(archive.read(name), self._pdf().content)
        for junk, code in (
            *(("1999-01", 404), ("x", 400), ("2026-1", 400), ("2026-99", 400)),
            ("%00", 400),
        ):
            with self.subTest(month=junk):
                page = self.url_open(f"{BILLING}/invoices/zip/{junk}")
                self.assertEqual(page.status_code, code)

    def test_pdf_text(self):
        self._sign_in()
        (sheet,) = PdfReader(io.BytesIO(self._pdf().content)).pages
        width, height = (round(float(side)) for side in sheet.mediabox[2:])
        self.assertEqual((width, height), (612, 792))  # Letter
        text = " ".join(sheet.extract_text().split())
        for expected in (
            self.invoice.name,
            "REC-77",
            "1,160.00",
            "1,000.00",
            "160.00",
            "MIL CIENTO SESENTA PESOS 00/100 M.N.",
            "03 Transferencia electrónica de fondos",
            "PUE Pago en una sola exhibición",
            "COMERCIALIZADORA LUNA",
            "44100",
            "Page 1 of 1",
        ):
            self.assertIn(expected, text)

    def test_pdf_of_three_hundred_deposits(self):
        amounts = [100 + index / 100 for index in range(300)]
        invoice = self._create_deposits(*amounts)._create_invoices()
        self._sign_in()
        pdf = self.url_open(
            f"/my/invoices/{invoice.id}?report_type=pdf&download=true", timeout=60
        )
        texts = [
            " ".join(sheet.extract_text().split())
            for sheet in PdfReader(io.BytesIO(pdf.content)).pages
        ]
        self.assertGreater(len(texts), 3)
        for number, text in enumerate(texts, 1):
            self.assertIn(f"Page {number} of {len(texts)}", text)
            self.assertIn("Form of payment", text, "no table header")
        self.assertIn("Total", texts[-1])
        self.assertIn("DEP/", texts[-1], "the totals stand alone")
        for deposit in invoice.skydrop_deposit_ids:
            self.assertEqual(sum(deposit.name in text for text in texts), 1)

    def test_our_report_asks_no_server(self):
        """All workers may print at once, or wait for somebody's PDF: none of them is
        left to answer wkhtmltopdf."""
        pages = []
        run = ir_actions_report._run_wkhtmltopdf

        def remember(args):
            files = [Path(arg) for arg in args if arg.endswith(".html")]
            pages.extend(file.read_text() for file in files)
            return run(args)

        self.patch(ir_actions_report, "_run_wkhtmltopdf", remember)
        self._sign_in()
        fonts = PdfReader(io.BytesIO(self._pdf().content)).pages[0]["/Resources"]
        names = [font.get_object()["/BaseFont"] for font in fonts["/Font"].values()]
        self.assertIn("/Lato-Regular", names)
        self.assertGreaterEqual(len(pages), 2, "the body and its footer")
        for page in pages:
            self.assertNotIn("<link", page)
            self.assertIn("data:font/woff;base64,", page)

    def test_our_report_does_not_wait_for_scripts(self):
        Report = self.env["ir.actions.report"]
        ours = Report.with_context(skydrop_mark="x")._build_wkhtmltopdf_args(
            self.env.ref("skydrop_facturacion.paperformat_letter"), False
        )
        self.assertEqual(ours[-2:], ["--javascript-delay", "1"])
        arguments = []
        run = ir_actions_report._run_wkhtmltopdf
        self.patch(
            ir_actions_report,
            "_run_wkhtmltopdf",
            lambda args: arguments.append(args) or run(args),
        )
        self._sign_in()
        self._pdf()
        (used,) = arguments
        delays = [
            used[index + 1]
            for index, option in enumerate(used)
            if option == "--javascript-delay"
        ]
        self.assertEqual(delays[-1], "1")

    @mute_logger("odoo.addons.skydrop_facturacion.controllers.invoices")
    def test_pdf_cannot_be_made(self):
        self._sign_in()
        wkhtml = ir_actions_report._wkhtml()
        missing = wkhtml._replace(state="install")
        with self.subTest("missing"):
            self.patch(ir_actions_report, "_wkhtml", lambda: missing)
            page = self._pdf()
            self.assertIn("The PDF could not be made just now", page.text)
            self.assertFalse(self.invoice.invoice_pdf_report_id)
        self.patch(ir_actions_report, "_wkhtml", lambda: wkhtml)
        self.assertEqual(self._pdf().headers["Content-Type"], "application/pdf")

    # ------------------------------------------------------------------
    # Mail
    # ------------------------------------------------------------------

    def _mails(self):
        return self.env["mail.mail"].search(
            [("model", "=", "account.move"), ("res_id", "=", self.invoice.id)]
        )

    def test_send_by_mail(self):
        self._sign_in()
        page = self._post(
            f"/invoices/{self.invoice.id}/send", email=" Caja <caja@luna.mx> "
        )
        self.assertIn("caja@luna.mx", self._node(page, "mailed"))
        mail = self._mails()
        self.assertEqual(mail.email_to, "caja@luna.mx")
        self.assertFalse(mail.recipient_ids)
        self.assertIn(self.invoice.name, mail.subject)
        self.assertEqual(mail.attachment_ids.raw, self._pdf().content)

    def test_send_by_mail_once_it_is_stamped(self):
        self.company.vat = ISSUER
        total = f"{self.invoice.amount_total:.2f}"
        xml = make_cfdi(total=total)
        self.invoice.skydrop_attach_cfdi(b64(xml), pdf=b64(b"%PDF-1.4 stamped"))
        self._sign_in()
        self._post(f"/invoices/{self.invoice.id}/send", email="caja@luna.mx")
        name = self.invoice.name.replace("/", "_")
        self.assertEqual(
            {file.name: file.raw for file in self._mails().attachment_ids},
            {
                f"{name}.pdf": self._pdf().content,
                f"{name}_CFDI.xml": xml,
                f"{name}_CFDI.pdf": b"%PDF-1.4 stamped",
            },
        )

    def test_send_to_nobody(self):
        self._sign_in()
        for email in ("", "luna", "a@b.mx, c@d.mx", "a@b.mx\nBcc: c@d.mx"):
            with self.subTest(email=email):
                page = self._post(f"/invoices/{self.invoice.id}/send", email=email)
                self.assertIn("Write one e-mail address", page.text)
        self.assertFalse(self._mails())

    def test_no_flood_of_mails(self):
        self._sign_in()
        for _number in range(7):
            page = self._post(f"/invoices/{self.invoice.id}/send", email="a@b.mx")
        self.assertIn("mailed often enough", page.text)
        self.assertEqual(len(self._mails()), 5)

    def test_not_mine(self):
        other = self._create_portal_user("otra", self._create_customer("Otra"))
        self._sign_in(other)
        page = self._post(f"/invoices/{self.invoice.id}/send", email="a@b.mx")
        self.assertEqual(page.status_code, 404)
        self.assertFalse(self._mails())
        self.assertNotIn(self.invoice.name, self.url_open(f"{BILLING}/invoices").text)
        month = f"{self.invoice.invoice_date:%Y-%m}"
        page = self.url_open(f"{BILLING}/invoices/zip/{month}")
        self.assertEqual(page.status_code, 404)

    # ------------------------------------------------------------------
    # Odoo's own pages
    # ------------------------------------------------------------------

    def test_never_overdue(self):
        self.invoice.invoice_date_due = "2020-01-01"
        self._sign_in()
        page = self.url_open("/my/invoices").text
        self.assertIn("Paid with your deposits", page)
        self.assertIn("1,160.00", page)
        self.assertNotIn("Waiting for Payment", page)
        self.assertNotIn("Pay overdue", page)
        overdue = self.url_open("/my/invoices?filterby=overdue_invoices").text
        self.assertNotIn(self.invoice.name, overdue)
