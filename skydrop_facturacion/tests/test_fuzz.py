import inspect
import json
import re
import tempfile
from collections import Counter

from hypothesis import given, seed
from hypothesis import strategies as st

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.skydrop_facturacion import controllers

from ..controllers import pace
from .http_common import BILLING, SkydropHttpCommon
from .random_common import SEED, random_settings, tell
from .routes import get_routes

# As Odoo's log shows them; a URL or a form can carry all but surrogates.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
NASTY = st.sampled_from(
    (
        *("", "0", "-1", "1", "2147483647", "2147483648", "9" * 400, "1e9", "1.5", "٣"),
        *(
            "\x00",
            "\n",
            "\r\nBcc: a@b.mx",
            "'",
            '"; DROP TABLE x; --',
            "%s",
            "{}",
            "[]",
        ),
        *(
            "<script>x</script>",
            "../../etc/passwd",
            "None",
            "True",
            "a" * 5000,
            "\u202e",
        ),
        *(
            "2026-02-30",
            "2026-03",
            "0000-00",
            "0000-00-00",
            "9999-12-31",
            "10000-01-01",
        ),
        *("all", "off", "total", "period", "split", "modify", "cancel", "MXN", "02"),
    )
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | NASTY,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)


@tagged("post_install", "-at_install")
class TestFuzz(SkydropHttpCommon):
    """Whatever comes in whatever parameter of whatever route: never an error 500."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deposits = cls._create_deposits(116, 232, 348)
        cls.invoice = cls.deposits[0]._create_invoices()
        cls.fields = cls._find_fields()

    def setUp(self):
        super().setUp()
        # It is about what is computed, not how often.
        self.patch(pace, "RATE", 10**6)
        # Nor what an earlier run asked for.
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.patch(pace, "FILE", f"{folder.name}/buckets")
        self._sign_in()

    @classmethod
    def _find_fields(cls):
        """:return: the names of all parameters that a controller reads, by the source
        :rtype: list[str]
        """
        names = set()
        for _name, module in inspect.getmembers(controllers, inspect.ismodule):
            source = inspect.getsource(module)
            names.update(re.findall(r"get(?:list)?\(\s*f?\"(\w+)\"", source))
            for signature in re.findall(r"def portal_\w+\(([^)]*)\)", source):
                names.update(re.findall(r"(\w+)=", signature))
        return sorted(names)

    def _draw_values(self):
        """Strategy for a field: mostly junk, sometimes what belongs there."""
        ids = [*self.deposits.ids, self.invoice.id, self.customer.id]
        real = st.sampled_from([str(record_id) for record_id in ids])
        return st.lists(st.one_of(TEXT, NASTY, real), min_size=1, max_size=3)

    def _send(self, route, segments, fields, body):
        pattern, method, kind = route
        filled = iter(segments)
        url = re.sub(r"<int:[^>]+>", lambda _match: str(next(filled)[0]), pattern)
        url = re.sub(r"<[^>]+>", lambda _match: next(filled)[1], url)
        if kind == "jsonrpc":
            return self.url_open(
                url,
                data=json.dumps({"params": body}),
                headers={"Content-Type": "application/json"},
                timeout=60,
            )
        if method == "GET":
            return self._get(url, fields)
        fields = {**fields, "csrf_token": Request.csrf_token(self)}
        return self.url_open(url, data=fields, allow_redirects=False, timeout=60)

    def _get(self, url, fields):
        return self.opener.get(
            self.base_url() + url, params=fields, allow_redirects=False, timeout=60
        )

    def test_there_are_fields(self):
        for name in ("deposit_ids", "receiver_id", "date_from", "choice", "email"):
            self.assertIn(name, self.fields)

    @mute_logger("odoo.http", "odoo.addons.skydrop_facturacion.controllers")
    def test_every_route(self):
        known = st.sampled_from(self.fields)
        segment = st.tuples(
            st.sampled_from([*self.deposits.ids, self.invoice.id, 0, 2**31, 10**30]),
            st.sampled_from(["2026-03", "9999-99", "0000-01", "%00", "٢٠٢٦-٠٣", "x"]),
        )
        bodies = st.fixed_dictionaries({"deposit_ids": JSON}) | st.dictionaries(
            TEXT, JSON, max_size=3
        )
        fields = st.dictionaries(known, self._draw_values(), max_size=len(self.fields))
        run = given(st.lists(segment, min_size=3, max_size=3), fields, bodies)
        limits, codes = random_settings(3), Counter()
        for route in get_routes(self):
            with self.subTest(route=route):
                seed(SEED)(limits(run(self._make_check(route, codes))))()
        tell("answers to any parameters", codes)

    def _make_check(self, route, codes):
        def check(segments, fields, body):
            answer = self._send(route, segments, fields, body)
            codes[answer.status_code] += 1
            self.assertLess(answer.status_code, 500, (route, segments, fields))
            self.assertNotIn("Odoo Server Error", answer.text, (route, body))
            self.assertNotIn("Traceback (most", answer.text)
            self.assertNotIn("<script>x", answer.text)

        return check

    # ------------------------------------------------------------------
    # Bounds
    # ------------------------------------------------------------------

    @mute_logger("odoo.http")
    def test_too_many_estimates(self):
        self.patch(pace, "RATE", 1)
        ids = self.deposits[1:].ids
        self.patch(pace, "SECONDS_TO_FILL", 10)
        answers = [self._ask(ids) for _number in range(20)]
        codes = [answer.status_code for answer in answers]
        self.assertEqual(set(codes[:10]), {200})
        self.assertEqual(codes[-1], 429)
        self.assertEqual(
            answers[-1].json()["result"]["error"],
            {"code": "too_many_requests", "message": "Wait a moment, then try again."},
        )
        self.assertGreater(int(answers[-1].headers["Retry-After"]), 0)
        with self.subTest("another session is not concerned"):
            self._sign_in()
            self.assertEqual(self._ask(ids).status_code, 200)

    @mute_logger("odoo.http")
    def test_too_many_previews(self):
        self.patch(pace, "RATE", 1)
        answers = [
            self._post("/preview", deposit_ids=self.deposits[1:].ids)
            for _number in range(10)
        ]
        self.assertEqual(answers[0].status_code, 200)
        self.assertEqual(answers[-1].status_code, 429)
        self.assertIn("Wait a moment", self._node(answers[-1], "error"))
        (url,) = re.findall(r'href="(/my/[^"]*preview\?choice=\w+)"', answers[-1].text)
        with self.subTest("the ticks are kept"):
            self.patch(pace, "RATE", 10**6)
            page = self.url_open(url)
            self.assertIn(self.deposits[1].name, page.text)

    @mute_logger("odoo.http")
    def test_too_many_files(self):
        self.patch(pace, "RATE", 1)
        self.patch(pace, "SECONDS_TO_FILL", 1000)
        # However slow the machine: the bucket is not full again soon.
        self.patch(pace, "get_document_cost", lambda _count: 1000)
        month = f"{self.invoice.invoice_date:%Y-%m}"
        archive = f"{BILLING}/invoices/zip/{month}"
        statement = "/my/movements/statement"
        for path in (archive, statement):
            with self.subTest(path=path):
                self._sign_in()
                answer = self.url_open(path, timeout=60)
                self.assertEqual(answer.status_code, 200)
                answer = self.url_open(path)
                self.assertEqual(answer.status_code, 429)
                self.assertGreater(int(answer.headers["Retry-After"]), 0)
                self.assertIn(f'href="{path}', answer.text)

    @mute_logger("odoo.http")
    def test_visitors_pay_more(self):
        self.authenticate(None, None)
        self.patch(pace, "RATE", 1)
        self.patch(pace, "SECONDS_TO_FILL", 1500)
        self.patch(pace, "get_estimate_cost", lambda _count: 100)
        codes = [
            self._post("/preview", deposit_ids=self.deposits.ids).status_code
            for _number in range(2)
        ]
        self.assertEqual(codes, [200, 429])

    def _ask(self, deposit_ids):
        return self.url_open(
            f"{BILLING}/estimate",
            data=json.dumps({"params": {"deposit_ids": deposit_ids}}),
            headers={"Content-Type": "application/json"},
        )

    def test_malformed_estimate(self):
        answer = self._estimate(["x"])
        self.assertEqual(
            answer["error"],
            {
                "code": "malformed",
                "message": "The ticks could not be read. Reload the page.",
            },
        )

    # ------------------------------------------------------------------
    # Files, followers, what a link shows
    # ------------------------------------------------------------------

    def _check_download(self, answer):
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment"))
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])

    def test_files_are_downloads(self):
        change = self.env["skydrop.change.request"].create(
            {"invoice_id": self.invoice.id, "request_type": "cancel", "reason": "02"}
        )
        change.action_send()
        change.attachment_ids = self.env["ir.attachment"].create(
            {
                "name": "página.html",
                "raw": b"<script>alert(1)</script>",
                "mimetype": "text/html",
                "res_model": change._name,
                "res_id": change.id,
            }
        )
        file = change.attachment_ids
        self._check_download(self.url_open(f"/my/requests/{change.id}/files/{file.id}"))
        month = f"{self.invoice.invoice_date:%Y-%m}"
        self._make_real_pdfs()
        self._check_download(self.url_open(f"{BILLING}/invoices/zip/{month}"))
        with self.subTest("nor by Odoo's own address"):
            self.assertEqual(self.url_open(f"/web/content/{file.id}").status_code, 404)

    def test_customers_do_not_follow_deposits(self):
        deposits = self.deposits.with_user(self.portal_user)
        with self.assertRaisesRegex(AccessError, "Only the staff"):
            deposits.message_subscribe(self.portal_user.partner_id.ids)
        self.assertFalse(self.deposits.message_partner_ids)

    def test_the_address_cannot_say_where_a_mail_went(self):
        page = self.url_open(f"/my/invoices/{self.invoice.id}?mailed_to=a@evil.mx")
        self.assertIsNone(self._node(page, "mailed"))

    def test_visitor_with_a_link_cannot_send(self):
        stranger = self._create_portal_user("otra", self._create_customer("Otra"))
        token = self.invoice._portal_ensure_token()
        self._sign_in(stranger)
        page = self.url_open(f"/my/invoices/{self.invoice.id}?access_token={token}")
        self.assertIn(self.invoice.name, page.text)
        self.assertNotIn("/send", page.text)
