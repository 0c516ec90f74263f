import json
import re
from contextlib import suppress

from odoo import Command
from odoo.exceptions import UserError
from odoo.http import Request
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .http_common import BILLING, SkydropHttpCommon
from .routes import get_routes

UNKNOWN = 2**31 - 2
BAD_IDS = (
    ["-1"],
    ["0"],
    ["99999999999999999999"],
    ["abc"],
    ["1.5"],
    [""],
    [],
    ["1", "1"],
    [str(number) for number in range(1, 10_002)],
)
WATCHED = {
    "account_move": "state, amount_total, partner_id, skydrop_rfc",
    "account_move_line": "price_total, skydrop_deposit_id, parent_state",
    "skydrop_deposit": "state, amount, amount_invoiced, amount_to_invoice",
    "res_partner": "name, vat, zip, active, parent_id",
}


@tagged("post_install", "-at_install")
class TestPortalMatrix(SkydropHttpCommon):
    """Every route of ours, for everybody who has no business there: nothing of the
    customer is shown, nothing is written, nothing breaks. New routes are walked as soon
    as they exist."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deposits = cls._create_deposits(116, 232, reference=False)
        for number, deposit in enumerate(cls.deposits):
            deposit.reference = f"SECRETO-{number}"
        cls.invoice = cls.deposits[0]._create_invoices()
        stranger = cls._create_customer("Otra empresa", vat="XIA190128J61")
        company = cls.env["res.company"].create({"name": "Otra emisora"})
        cls.actors = {
            "anonymous": None,
            "other customer": cls._create_portal_user("forastera", stranger),
            "other company": new_test_user(
                cls.env,
                login="extranjera",
                password="extranjera",
                groups="base.group_portal",
                company_id=company.id,
                company_ids=[Command.set(company.ids)],
            ),
            "internal without role": new_test_user(
                cls.env,
                login="empleada",
                password="empleada",
                groups="base.group_user",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            ),
        }
        cls.secrets = ("SECRETO-", cls.customer.vat, "COMERCIALIZADORA LUNA")

    def _act_as(self, actor):
        user = self.actors[actor]
        login = user and user.login
        self.authenticate(login, login)

    def _get_routes(self):
        return get_routes(self)

    def _fill(self, pattern, record_id):
        url = re.sub(r"<int:[^>]+>", str(record_id), pattern)
        return re.sub(r"<[^>]+>", "2026-03", url)

    def _snapshot(self):
        self.env.flush_all()
        rows = {}
        for table, columns in WATCHED.items():
            self.env.cr.execute(f"SELECT id, {columns} FROM {table} ORDER BY id")
            rows[table] = self.env.cr.fetchall()
        return rows

    def _send(self, url, method, kind, ids, token=True):
        if kind == "jsonrpc":
            return self.url_open(
                url,
                data=json.dumps({"params": {"deposit_ids": ids}}),
                headers={"Content-Type": "application/json"},
            )
        fields = {
            "deposit_ids": ids,
            "receiver_id": str(self.customer.id),
            "fingerprint": "0" * 64,
            "unexpected": "x",
        }
        if method == "GET":
            return self.url_open(url, allow_redirects=False)
        if token:
            fields["csrf_token"] = Request.csrf_token(self)
        return self.url_open(url, data=fields, allow_redirects=False)

    # ------------------------------------------------------------------
    # Who
    # ------------------------------------------------------------------

    def test_there_are_routes(self):
        patterns = {pattern for pattern, _method, _kind in self._get_routes()}
        self.assertIn(f"{BILLING}/generate", patterns)
        self.assertIn(f"{BILLING}/estimate", patterns)
        self.assertGreater(len(patterns), 12)

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_rule")
    def test_nobody_else(self):
        before = self._snapshot()
        ids = [str(deposit_id) for deposit_id in self.deposits.ids]
        for actor in self.actors:
            self._act_as(actor)
            for pattern, method, kind in self._get_routes():
                answers = []
                for record_id in (self.invoice.id, UNKNOWN):
                    url = self._fill(pattern, record_id)
                    with self.subTest(actor=actor, method=method, url=url):
                        answer = self._send(url, method, kind, ids)
                        self.assertLess(answer.status_code, 500)
                        if kind == "http":
                            self.assertNotIn("Traceback", answer.text)
                        for secret in self.secrets:
                            self.assertNotIn(secret, answer.text)
                        answers.append(answer.status_code)
                with self.subTest("as if it did not exist", actor=actor, url=pattern):
                    self.assertEqual(len(set(answers)), 1, (pattern, answers))
        self.assertEqual(self._snapshot(), before)

    # ------------------------------------------------------------------
    # What
    # ------------------------------------------------------------------

    @mute_logger("odoo.http")
    def test_bad_ids(self):
        self._sign_in()
        before = self._snapshot()
        for pattern, method, kind in self._get_routes():
            if method == "POST" and "<" not in pattern:
                for ids in BAD_IDS:
                    with self.subTest(url=pattern, ids=ids[:2]):
                        answer = self._send(pattern, method, kind, ids)
                        self.assertLess(answer.status_code, 500)
                        self.assertNotIn("Traceback", answer.text)
        self.assertEqual(self._snapshot(), before)

    @mute_logger("odoo.http")
    def test_wrong_method(self):
        self._sign_in()
        for path in ("/generate", "/choose"):
            with self.subTest(path):
                answer = self.url_open(BILLING + path, allow_redirects=False)
                self.assertIn(answer.status_code, (303, 404, 405))

    @mute_logger("odoo.http")
    def test_generate_without_token(self):
        self._sign_in()
        before = self._snapshot()
        answer = self._send(
            f"{BILLING}/generate",
            "POST",
            "http",
            [str(self.deposits[1].id)],
            token=False,
        )
        self.assertLess(answer.status_code, 500)
        self.assertEqual(self._snapshot(), before)

    @mute_logger("odoo.http")
    def test_forged_fingerprint(self):
        self._sign_in()
        before = self._snapshot()
        for fingerprint in ("0" * 64, "", "x" * 5000, "<script>"):
            with self.subTest(fingerprint[:9]):
                answer = self._post(
                    "/generate",
                    deposit_ids=self.deposits[1].ids,
                    fingerprint=fingerprint,
                )
                self.assertLess(answer.status_code, 500)
                self.assertNotIn("<script>x", answer.text)
        self.assertEqual(self._snapshot(), before)

    # ------------------------------------------------------------------
    # Over RPC
    # ------------------------------------------------------------------

    def test_public_methods_over_rpc(self):
        """A portal user calls every public method of our models on others' records."""
        user = self.actors["other customer"]
        before = self._snapshot()
        for model_name in self.env.registry:
            if not model_name.startswith("skydrop."):
                continue
            Model = type(self.env[model_name])
            own = {
                name
                for cls in Model.__mro__
                if "skydrop_facturacion" in (cls.__module__ or "")
                for name, value in vars(cls).items()
                if callable(value) and not name.startswith("_")
            }
            record = self.env[model_name].with_user(user)
            if model_name == "skydrop.deposit":
                record = self.deposits.with_user(user)
            for name in sorted(own - {"create", "write", "unlink", "copy"}):
                with self.subTest(model=model_name, method=name):
                    # AccessError is a UserError; a missing argument or record is one of
                    # the others.
                    with (
                        suppress(UserError, TypeError, ValueError),
                        self.env.cr.savepoint(),
                    ):
                        getattr(record, name)()
                    self.env.invalidate_all()
        self.assertEqual(self._snapshot(), before)
