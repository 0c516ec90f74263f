import re

from freezegun import freeze_time

from odoo.http import Request
from odoo.tests import tagged

from .common import RFC_PERSON
from .http_common import BILLING, SkydropHttpCommon
from .request_common import SkydropRequestCommon
from .test_request_mail import PNG


@tagged("post_install", "-at_install")
class TestPortalRequests(SkydropRequestCommon, SkydropHttpCommon):
    """The customer asks, follows and withdraws, in plain forms."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.path = f"/my/invoices/{cls.invoice.id}/change"

    def setUp(self):
        super().setUp()
        self.patch(
            type(self.env["account.move"]), "_skydrop_ensure_pdf", lambda move: None
        )
        self._sign_in()

    def _submit(self, kind, files=None, path=None, **fields):
        return self.url_open(
            path or self.path,
            data={
                "csrf_token": Request.csrf_token(self),
                "request_type": kind,
                "action": "send",
                **fields,
            },
            files=files,
        )

    def _send(self, request, action, **fields):
        return self.url_open(
            f"/my/requests/{request.id}/{action}",
            data={"csrf_token": Request.csrf_token(self), **fields},
        )

    def _current(self, **fields):
        return {
            **self.Request._get_current_values(self.invoice),
            "deposit_ids": self.deposits.ids,
            **fields,
        }

    def _requests(self):
        return self.Request.search([("invoice_id", "=", self.invoice.id)])

    # ------------------------------------------------------------------
    # The way there
    # ------------------------------------------------------------------

    def test_buttons(self):
        self.assertIn(self.path, self.url_open(f"{BILLING}/invoices").text)
        page = f"/my/invoices/{self.invoice.id}"
        self.assertIn(self.path, self.url_open(page).text)
        request = self._ask_cancel()
        for url in (f"{BILLING}/invoices", page):
            text = self.url_open(url).text
            self.assertNotIn(self.path, text)
            self.assertIn(f"/my/requests/{request.id}", text)

    def test_token_visitors_see_no_buttons(self):
        link = self.invoice.get_portal_url()
        for user in (None, self._create_portal_user("otra", self._other())):
            self.authenticate(user and user.login, user and user.login)
            page = self.url_open(link)
            self.assertIn(self.invoice.name, page.text)
            self.assertNotIn("/change", page.text)

    def _other(self):
        return self._create_customer("Otra")

    def test_not_mine(self):
        request = self._ask_cancel()
        file = self.env["ir.attachment"].create({"name": "a.png", "raw": PNG})
        request.attachment_ids = file
        other = self._create_portal_user("otra", self._other())
        self._sign_in(other)
        nowhere = self.url_open("/my/invoices/999999999/change")
        for path in (
            self.path,
            f"/my/requests/{request.id}",
            f"/my/requests/{request.id}/files/{file.id}",
        ):
            with self.subTest(path=path):
                page = self.url_open(path)
                self.assertEqual(page.status_code, 404)
                self.assertEqual(
                    len(page.text.replace(path, "")),
                    len(nowhere.text.replace("/my/invoices/999999999/change", "")),
                )
        self.assertEqual(self._send(request, "withdraw").status_code, 404)
        page = self._send(request, "message", message="x")
        self.assertEqual(page.status_code, 404)
        page = self._submit("cancel", reason="02", confirmed=1)
        self.assertEqual(page.status_code, 404)
        self.assertNotIn(request.name, self.url_open("/my/requests").text)
        self.assertEqual(request.state, "sent")

    def test_token_is_needed(self):
        page = self.url_open(self.path, data={"request_type": "cancel"})
        self.assertEqual(page.status_code, 400)
        self.assertFalse(self._requests())

    # ------------------------------------------------------------------
    # Each kind
    # ------------------------------------------------------------------

    def test_cancel(self):
        page = self.url_open(f"{self.path}?request_type=cancel")
        self.assertIn("This invoice is of this month", page.text)
        page = self._submit("cancel", reason="02")
        self.assertIn("Confirm that", self._node(page, "error"))
        self.assertFalse(self._requests())
        page = self._submit("cancel", reason="03", confirmed=1, description="<i>x")
        request = self._requests()
        self.assertEqual(page.url, f"{self.base_url()}/my/requests/{request.id}?sent=1")
        self.assertIn("&lt;i&gt;x", page.text)
        again = self._submit("cancel", reason="03", confirmed=1)
        self.assertEqual(self._requests(), request)
        self.assertIn(request.name, again.text)
        again = self.url_open(self.path)
        self.assertIn("There is already a request", again.text)

    def test_motives_of_others(self):
        page = self._submit("cancel", reason="04", confirmed=1)
        self.assertEqual(page.status_code, 400)
        self.assertFalse(self._requests())

    def test_modify(self):
        page = self.url_open(f"{self.path}?request_type=modify")
        self.assertIn("CLU150408H76", page.text)
        page = self._submit("modify", **self._current())
        self.assertIn("nothing was sent", self._node(page, "error"))
        page = self._submit("modify", **self._current(zip="44110"))
        self.assertIn("44110", page.text)
        self.assertEqual(self._requests().line_ids.mapped("field"), ["zip"])

    def _faults(self, page):
        return re.findall(r'data-field="(\w+)"', page.text)

    def test_all_that_is_wrong_is_marked(self):
        typed = {"rfc": "CLU151308H76", "zip": "1", "legal_name": " "}
        for action in ("preview", "send"):
            with self.subTest(action=action):
                page = self._submit(
                    "modify", **self._current(**typed, action=action, deposit_ids=[])
                )
                self.assertEqual(page.status_code, 400)
                self.assertEqual(
                    self._faults(page), ["rfc", "legal_name", "zip", "deposits"]
                )
                for field in self._faults(page):
                    self.assertIn(f'href="#o_skydrop_{field}"', page.text)
                self.assertIn('value="1"', page.text)
        self.assertFalse(self._requests())

    def test_verdicts_are_those_of_the_preview(self):
        """What the preview of an invoice marks before it exists, the edit of one marks
        too, with and without its page; and what the one takes, the other takes."""
        deposit = self._create_deposits(50)
        fiscal = self.invoice._skydrop_invoice_fiscal_values()
        for typed in (
            {"rfc": "CLU151308H76"},
            {"rfc": "CLU150408H7"},
            {"rfc": "CLU150408H70"},
            {"rfc": "CLU150408H70", "confirm_rfc": "CLU150408H70"},
            {"rfc": "CLU150408H70", "confirm_rfc": "CLU150408H71"},
            {"rfc": "XAXX010101000", "fiscal_regime": "616", "cfdi_use": "S01"},
            {"rfc": RFC_PERSON},
            {"rfc": RFC_PERSON, "fiscal_regime": "605", "cfdi_use": "S01"},
            {"legal_name": "A" * 301},
            {"legal_name": "A|B", "zip": "441"},
            {"legal_name": "Luna, S.A. de C.V.", "zip": "44999"},
            {"fiscal_regime": "605"},
            {"cfdi_use": "D01"},
            {"cfdi_use": "<b>"},
            {"zip": ""},
        ):
            with self.subTest(typed=typed):
                values = {**fiscal, **typed}
                page, _form = self._preview(
                    deposit,
                    receiver_id=self.customer.id,
                    fields_of=self.customer.id,
                    save="0",
                    **values,
                )
                verdict = self._faults(page)
                form = self._current(**typed)
                page = self._submit("modify", **{**form, "action": "preview"})
                self.assertEqual(self._faults(page), verdict)
                self.assertEqual(page.status_code, 400 if verdict else 200)
                page = self._submit("modify", **form)
                self.assertEqual(self._faults(page), verdict)
                self.assertEqual(bool(self._requests()), not verdict)
                self._requests().filtered(lambda r: r.state == "sent")._withdraw()
                self._requests().state = "draft"
                self._requests().unlink()

    def test_preview_of_an_edit(self):
        form = self._current(zip="44110", note="Obra 7", description="Por favor")
        form["legal_name"] = "Luna Nueva, S.A. de C.V."
        page = self._submit("modify", **{**form, "action": "preview"})
        self.assertIn('data-skydrop="corrected_preview"', page.text)
        self.assertEqual(self._node(page, "receiver"), "LUNA NUEVA")
        self.assertIn("Fiscal postcode: 44110", self._text(page))
        self.assertIn("S.A. DE C.V.", self._node(page, "notice"))
        self.assertIn("Por favor", page.text)
        self.assertFalse(self._requests())
        # Back to the form with all that was typed.
        page = self._submit("modify", **{**form, "action": "back"})
        self.assertIn('value="44110"', page.text)
        self.assertIn('value="Por favor"', page.text)
        page = self._submit("modify", **form)
        self.assertIn("S.A. DE C.V.", self._node(page, "notice"))
        changes = {line.field: line.new_value for line in self._requests().line_ids}
        self.assertEqual(
            changes, {"legal_name": "LUNA NUEVA", "zip": "44110", "note": "Obra 7"}
        )

    def _text(self, page):
        return " ".join(re.sub(r"<[^>]*>", " ", page.text).split())

    def test_wrong_files_keep_the_preview(self):
        """What is wrong with a file is said beside it; what was typed stays."""
        fields = {"description": "Lo explico aquí"}
        files = [("attachments", ("a.pdf", b"<html>"))]
        split = {"mode": "amount", "parts": 2, "amount_1": "500", "amount_2": "500"}
        for kind, form, node in (
            ("modify", self._current(zip="44110"), "corrected_preview"),
            ("split", split, "part_preview"),
        ):
            with self.subTest(kind=kind):
                page = self._submit(kind, files=files, **form, **fields)
                self.assertEqual(page.status_code, 400)
                self.assertIn("no PDF, JPG or PNG", self._node(page, "error"))
                self.assertIn(f'data-skydrop="{node}"', page.text)
                self.assertIn("Lo explico aquí", page.text)
        self.assertFalse(self._requests())

    def test_modify_of_others(self):
        theirs = self._create_deposits(5, partner_id=self._other().id)
        for fields in (
            {"deposit_ids": [*self.deposits.ids, theirs.id]},
            {"receiver_id": self._other().id},
        ):
            with self.subTest(fields=fields):
                page = self._submit("modify", **self._current(**fields))
                self.assertEqual(page.status_code, 404)
        self.assertFalse(self._requests())

    def test_split_by_amounts(self):
        self.assertIn(
            "By amounts", self.url_open(f"{self.path}?request_type=split").text
        )
        fields = {"mode": "amount", "parts": 3}
        page = self._submit("split", **{**fields, "action": "equal"})
        for amount in ("333.33", "333.34"):
            self.assertIn(f'value="{amount}"', page.text)
        amounts = {"amount_1": "333.33", "amount_2": "333.33", "amount_3": "333.33"}
        page = self._submit("split", **fields, **amounts)
        self.assertEqual(page.status_code, 400)
        self.assertIn("0.01", self._node(page, "error"))
        amounts["amount_3"] = "333.34"
        page = self._submit("split", **{**fields, **amounts, "action": "preview"})
        self.assertEqual(page.text.count('data-skydrop="part_preview"'), 3)
        self.assertFalse(self._requests())
        page = self._submit("split", **fields, **amounts)
        self.assertEqual(
            self._requests().part_ids.mapped("amount"), [333.33, 333.33, 333.34]
        )

    def test_split_by_deposits(self):
        numbers = dict(zip(self.deposits.ids, (1, 2, 2), strict=True))
        fields = {f"deposit_{key}": value for key, value in numbers.items()}
        fields.update(mode="deposit", parts=2)
        page = self._submit("split", **{**fields, "action": "preview"})
        self.assertEqual(page.text.count('data-skydrop="part_preview"'), 2)
        first = f"deposit_{self.deposits[0].id}"
        page = self._submit("split", **{**fields, first: [1, 2]})
        self.assertIn("one of the parts only", self._node(page, "error"))
        self._submit("split", **fields)
        self.assertEqual(self._requests().part_ids.mapped("amount"), [500, 500])

    def test_split_by_receivers(self):
        north = self._create_receiver("Luna Norte", vat="ABC010101AB9", zip="64000")
        page = self.url_open(f"{self.path}?request_type=split&mode=receiver&parts=2")
        self.assertIn("LUNA NORTE", page.text)
        self._submit("split", mode="receiver", amount_1="1", amount_2="999.00")
        parts = self._requests().part_ids
        self.assertEqual(parts.receiver_id, self.customer + north)

    def test_split_junk(self):
        for fields in (
            {"parts": 1},
            {"parts": 51},
            {"parts": "x"},
            {"parts": 2, "amount_1": "1e3", "amount_2": "0"},
            {"parts": 2, "amount_1": "1000", "amount_2": "0"},
            {"parts": 2, "amount_1": "1001", "amount_2": "-1"},
            {"parts": 2, "amount_1": "999.999", "amount_2": "0.001"},
            {"parts": 2, "amount_1": "nan", "amount_2": "1000"},
            {"parts": 2, "mode": "deposit"},
            {"parts": 2, "mode": "nonsense"},
        ):
            with self.subTest(fields=fields):
                page = self._submit("split", **{"mode": "amount", **fields})
                self.assertEqual(page.status_code, 400)
        self.assertFalse(self._requests())

    def test_fifty_parts(self):
        fields = {"mode": "amount", "parts": 50}
        page = self._submit("split", **{**fields, "action": "equal"})
        self.assertEqual(page.text.count('data-skydrop="part"'), 50)
        amounts = {f"amount_{number}": "20" for number in range(1, 51)}
        page = self._submit("split", **{**fields, **amounts, "action": "preview"})
        self.assertEqual(page.text.count('data-skydrop="part_preview"'), 50)

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def _with_files(self, *files):
        return self._submit(
            "cancel",
            reason="02",
            confirmed=1,
            files=[("attachments", file) for file in files],
        )

    def test_files(self):
        big = PNG + bytes(5 * 1024 * 1024)
        for files, message in (
            ([("a.pdf", b"<html><script>")], "no PDF, JPG or PNG"),
            ([("a.exe", b"MZ\x90\x00")], "no PDF, JPG or PNG"),
            ([("a.png", big)], "larger than 5 MB"),
            ([(f"{number}.png", PNG) for number in range(6)], "5 files at most"),
        ):
            with self.subTest(message=message):
                page = self._with_files(*files)
                self.assertEqual(page.status_code, 400)
                self.assertIn(message, self._node(page, "error"))
        self.assertFalse(self._requests())
        self._with_files(("../../etc/pass\u2028wd.exe", PNG))
        file = self._requests().attachment_ids
        self.assertEqual((file.name, file.mimetype), ("pass wd.png", "image/png"))
        answer = self.url_open(f"/my/requests/{self._requests().id}/files/{file.id}")
        self.assertEqual(answer.content, PNG)
        self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment"))
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    # ------------------------------------------------------------------
    # Following
    # ------------------------------------------------------------------

    def test_answered(self):
        request = self._ask_cancel()
        self.assertNotIn('data-skydrop="answered"', self.url_open("/my").text)
        request.with_user(self.support).sudo(False).message_post(
            body="Lo vemos hoy",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        request.with_user(self.support).sudo(False).message_post(body="entre nosotros")
        self.assertIn('data-skydrop="answered"', self.url_open("/my").text)
        self.assertIn('data-skydrop="unread"', self.url_open("/my/requests").text)
        page = self.url_open(f"/my/requests/{request.id}").text
        self.assertIn("Lo vemos hoy", page)
        self.assertNotIn("entre nosotros", page)
        self.assertNotIn('data-skydrop="answered"', self.url_open("/my").text)

    def test_states(self):
        request = self._ask_modify(zip="44110")
        page = f"/my/requests/{request.id}"
        self.assertEqual(self._node(self.url_open(page), "state"), "Received")
        self.assertIn('data-skydrop="withdraw"', self.url_open(page).text)
        request.with_user(self.accountant).sudo(False).action_prepare_replacement()
        self.assertEqual(self._node(self.url_open(page), "state"), "In progress")
        self.assertNotIn('data-skydrop="withdraw"', self.url_open(page).text)
        self.assertNotIn('data-skydrop="replacements"', self.url_open(page).text)
        request.replacement_ids.action_post()
        self.assertIn(request.replacement_ids.name, self.url_open(page).text)
        answer = self._send(request, "withdraw")
        self.assertIn(request.name, self._node(answer, "error"))
        request.rejection_reason = "Ya se declaró"
        request.with_user(self.support).sudo(False).action_reject()
        self.assertEqual(self._node(self.url_open(page), "state"), "Rejected")
        self.assertIn("Ya se declaró", self.url_open(page).text)

    def test_withdraw_twice(self):
        request = self._ask_cancel()
        for _time in range(2):
            page = self._send(request, "withdraw")
            self.assertEqual(self._node(page, "state"), "Withdrawn")
        self.assertEqual(len(request.mail_ids), 2)

    def test_messages(self):
        request = self._ask_cancel()
        self._send(request, "message", message="<script>x</script> ¿Ya?")
        page = self.url_open(f"/my/requests/{request.id}").text
        self.assertIn("&lt;script&gt;x", page)
        self.assertFalse(request.is_unread)
        empty = self._send(request, "message", message=" ")
        self.assertEqual(empty.status_code, 400)
        for _number in range(25):
            page = self._send(request, "message", message="otra")
        self.assertIn("often enough", page.text)
        self.assertEqual(len(request.mail_ids), 21)

    def test_cancelled_invoice(self):
        request = self._ask_cancel()
        self.invoice.button_cancel()
        page = self.url_open(f"/my/requests/{request.id}").text
        self.assertIn("Invoice cancelled", page)
        page = self.url_open(BILLING).text
        self.assertIn('data-skydrop="held"', page)
        self.assertIn(f"/my/requests/{request.id}", page)
        request.with_user(self.support).sudo(False).action_done()
        page = self.url_open(self.path)
        self.assertIn('data-skydrop="not_changeable"', page.text)
        page = self._submit("cancel", reason="02", confirmed=1)
        self.assertEqual(page.status_code, 400)

    def test_consequence_is_said_before_asking(self):
        """Same month: cancelled. A later one: a credit note. After the year's end, in
        Mexico City: only the support address is left."""
        month, later = "is of this month, so it is cancelled", "so a credit note"
        with freeze_time("2026-11-30 18:00:00"):
            invoice = self._create_deposits(50)._create_invoices()
        path = f"/my/invoices/{invoice.id}/change"
        for now, expected in (
            ("2026-12-01 05:30:00", month),
            ("2026-12-01 06:30:00", later),
            ("2027-01-01 05:30:00", later),
            ("2027-01-01 06:30:00", None),
        ):
            with self.subTest(now=now), freeze_time(now):
                self._sign_in()
                for kind in ("", "modify", "cancel", "split"):
                    page = self.url_open(f"{path}?request_type={kind}")
                    said = self._node(page, "consequence")
                    if expected:
                        self.assertIn(expected, said)
                    else:
                        self.assertIsNone(said)
                        self.assertIn("mailto:hola@desk.mx", page.text)
                        self.assertNotIn("<textarea", page.text)
        with freeze_time("2027-01-01 06:30:00"):
            page = self._submit("cancel", path=path, reason="02", confirmed=1)
            self.assertEqual(page.status_code, 400)
        self.assertFalse(invoice.skydrop_change_request_ids)

    def test_consequence_as_the_company_sets_it(self):
        self.company.skydrop_policy_same_month = "credit_note"
        said = self._node(self.url_open(self.path), "consequence")
        self.assertIn("A credit note is issued for this invoice", said)

    def test_after_the_years_end(self):
        self.company.skydrop_policy_same_month = "support"
        page = self.url_open(f"{self.path}?request_type=cancel")
        self.assertIn("mailto:hola@desk.mx", page.text)
        self.assertNotIn('name="reason"', page.text)
        page = self._submit("cancel", reason="02", confirmed=1)
        self.assertFalse(self._requests())
