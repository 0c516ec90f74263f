from datetime import datetime, timedelta, timezone

from odoo.exceptions import AccessError
from odoo.http import serialize_exception
from odoo.tests import new_test_user, tagged

from ..exceptions import RegisterError
from .register_common import RegisterCommon


@tagged("post_install", "-at_install")
class TestRegister(RegisterCommon):
    def test_registered(self):
        rows = [
            self._row("A", amount=1160.1, partner_id=..., partner_ref="CLI-1"),
            self._row("B", amount="0.01", date="2026-02-01T05:30:00Z"),
            self._row("C", origin="coupon", payment_form=..., currency="USD"),
            self._row("D", origin=..., currency=..., amount=5),
        ]
        answer = self.Deposit.register(rows)
        deposits = self.env["skydrop.deposit"].browse([row["id"] for row in answer])
        self.assertEqual([set(row) for row in answer], [{"id", "name", "created"}] * 4)
        self.assertTrue(all(row["created"] for row in answer))
        self.assertEqual(deposits.mapped("name"), [row["name"] for row in answer])
        self.assertEqual(set(deposits.mapped("state")), {"confirmed"})
        self.assertEqual(deposits.mapped("reference"), ["A", "B", "C", "D"])
        self.assertEqual(deposits.partner_id, self.customer)
        self.assertEqual(deposits.mapped("amount"), [1160.1, 0.01, 1160, 5])
        self.assertEqual(deposits[0].date, datetime(2026, 3, 11, 0, 30))
        self.assertEqual(str(deposits[1].billing_date), "2026-01-31")
        self.assertEqual(deposits[2].currency_id, self.usd)
        self.assertEqual(deposits[2].billing_block, "origin")
        self.assertEqual(deposits[3].origin, "payment")
        self.assertEqual(deposits.create_uid, self.platform)
        self.assertFalse(deposits.message_ids)

    def test_numbers_follow_the_rows(self):
        answer = self.Deposit.register([self._row(f"N{i}") for i in range(5)])
        numbers = [int(row["name"].rpartition("/")[2]) for row in answer]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 5)))

    def test_numbers_of_a_sequence_without_gaps(self):
        sequence = self.env.ref("skydrop_facturacion.sequence_deposit")
        sequence.implementation = "no_gap"
        sequence.number_next = 900
        answer = self.Deposit.register([self._row("N1"), self._row("N2")])
        self.assertEqual([row["name"][-5:] for row in answer], ["00900", "00901"])

    def test_repeated(self):
        first = self.Deposit.register([self._row("A"), self._row("B")])
        self.env["skydrop.deposit"].browse(first[0]["id"]).action_cancel()
        again = self.Deposit.register(
            [
                self._row("B", amount=1160, date="2026-03-11T00:30:00.5Z"),
                self._row("C"),
                self._row("A", partner_id=..., partner_ref="CLI-1"),
                self._row("C"),
            ]
        )
        self.assertEqual([row["created"] for row in again], [False, True, False, False])
        self.assertEqual(again[0]["id"], first[1]["id"])
        self.assertEqual(again[2]["id"], first[0]["id"])
        self.assertEqual(again[1]["id"], again[3]["id"])

    def test_payment_linked_later_is_no_other_content(self):
        (first,) = self.Deposit.register([self._row()])
        deposit = self.env["skydrop.deposit"].browse(first["id"])
        deposit.payment_id = self._create_payment(1160)
        self.assertEqual(self.Deposit.register([self._row()])[0]["created"], False)

    def test_other_content_refuses_the_whole_call(self):
        other = self._create_customer("Otra")
        self.Deposit.register([self._row()])
        for field, value in (
            ("partner_id", other.id),
            ("amount", "1160.01"),
            ("currency", "USD"),
            ("date", "2026-03-10T18:30:01-06:00"),
            ("origin", "coupon"),
            ("payment_form", "04"),
        ):
            with self.subTest(field=field):
                refusal = self._refused(self._row("NEW"), self._row(**{field: value}))
                (error,) = refusal.errors
                self.assertEqual(
                    (error["index"], error["reference"], error["field"]),
                    (1, "REC-1", field),
                )
                self.assertIn("REC-1", error["message"])
                (error,) = self._refused(
                    self._row("X"), self._row("X", **{field: value})
                ).errors
                self.assertEqual((error["index"], error["field"]), (1, field))

    def test_refused_with_words(self):
        soon = datetime.now(timezone.utc) + timedelta(hours=25)
        foreign = self.env["res.partner"].create(
            {
                "name": "De otra empresa",
                "company_id": self.env["res.company"].create({"name": "Otra"}).id,
            }
        )
        twins = self._create_customer("Uno", ref="DOS") | self._create_customer(
            "Dos", ref="DOS"
        )
        self.assertEqual(len(twins), 2)
        cases = [
            *(("amount", value) for value in (0, -1, "1,160.00", 1e9, "0.001", "NaN")),
            *(("amount", value) for value in (float("nan"), float("inf"), 1e300)),
            *(("amount", value) for value in (True, [], {}, "", None, "１", 0.1 + 0.2)),
            *(("payment_form", value) for value in ("99", 3, "3", "", None, [])),
            *(("currency", value) for value in ("XXX", "mxn", "\x00", 5)),
            *(("partner_id", value) for value in (2**31, 10**12, -1, "1", True, [1])),
            *(("partner_id", value) for value in (2**31 - 1, foreign.id, None)),
            *(("origin", value) for value in ("gift", 1, [])),
            *(("date", value) for value in ("", None, "yesterday", "2026-03-10", 0)),
            *(("date", value) for value in ("2026-02-30T10:00:00Z", soon.isoformat())),
            *(("date", value) for value in ("2026-03-10T10:00:00", [], "\ud800")),
            *(("date", value) for value in ("0001-01-01T00:00:00+14:00",)),
            *(("date", value) for value in ("1970-01-01T00:00:00Z",)),
            *(("date", value) for value in (datetime(2026, 3, 10),)),
            *(
                ("reference", value)
                for value in ("", None, 5, " A", "A\x00", "A" * 129)
            ),
            *(("payment_id", value) for value in (2**31 - 1, "x", 10**12)),
            ("company_id", 1),
            ("state", "draft"),
        ]
        for field, value in cases:
            with self.subTest(field=field, value=value):
                errors = self._refused(self._row(**{field: value})).errors
                self.assertEqual({error["field"] for error in errors}, {field})
                for error in errors:
                    self.assertEqual(error["index"], 0)
                    self.assertGreater(len(error["message"].split()), 3)
        for values, field in (
            ({"partner_id": ..., "partner_ref": "NO"}, "partner_ref"),
            ({"partner_id": ..., "partner_ref": "DOS"}, "partner_ref"),
            ({"partner_id": ..., "partner_ref": "A\x00"}, "partner_ref"),
            ({"partner_ref": "CLI-1"}, "partner_ref"),
            ({"partner_id": ...}, "partner_id"),
        ):
            with self.subTest(values=values):
                (error,) = self._refused(self._row(**values)).errors
                self.assertEqual(error["field"], field)

    def test_all_bad_rows_at_once(self):
        refusal = self._refused(
            self._row("A", amount=0, payment_form="99"), self._row("B"), 5, {}
        )
        self.assertEqual(
            {(error["index"], error["field"]) for error in refusal.errors},
            {
                *((0, "amount"), (0, "payment_form"), (2, False)),
                *((3, "reference"), (3, "amount"), (3, "date")),
                *((3, "partner_id"), (3, "payment_form")),
            },
        )
        answer = serialize_exception(refusal)
        self.assertEqual(answer["context"]["errors"], refusal.errors)
        self.assertIn("3 of 4 deposits", answer["message"])
        self.assertIn("[0] amount (A): ", answer["message"])

    def test_errors_in_the_language_of_the_caller(self):
        with self.assertRaisesRegex(RegisterError, "No se registró nada"):
            self.Deposit.with_context(lang="es_MX").register([{}])

    def test_not_a_list_and_too_many(self):
        for deposits in (None, "x", {"reference": "A"}, [{}] * 10_001):
            with self.assertRaisesRegex(RegisterError, "Nothing was registered"):
                self.Deposit.register(deposits)
        self.assertEqual(self.Deposit.register([]), [])

    def test_payment_has_to_fit(self):
        payment = self._create_payment(1000)
        values = {"payment_id": payment.id, "amount": 600}
        (error, other) = self._refused(
            self._row("A", **values), self._row("B", **values)
        ).errors
        self.assertEqual(error["field"], "payment_id")
        self.assertEqual(other["index"], 1)
        self.Deposit.register([self._row("A", **values)])
        self.assertFalse(
            self.Deposit.register([self._row("A", **values)])[0]["created"]
        )
        for change in (
            {"amount": 401},
            {"amount": 1, "currency": "USD"},
            {"amount": 1, "partner_id": self._create_customer("Otra").id},
        ):
            with self.subTest(change=change):
                (error,) = self._refused(self._row("B", **{**values, **change})).errors
                self.assertEqual(error["field"], "payment_id")
        outbound = self._create_payment(500, payment_type="outbound")
        (error,) = self._refused(self._row("B", payment_id=outbound.id)).errors
        self.assertIn("not a customer's payment", error["message"])
        self.Deposit.register([self._row("B", **{**values, "amount": 400})])

    def test_only_the_integration_group(self):
        for user in (self.portal_user, new_test_user(self.env, "plain_user")):
            model = self.env["skydrop.deposit"].with_user(user)
            for call in (
                lambda model=model: model.register([]),
                lambda model=model: model.read_registered(),
                lambda model=model: model.get_invoice_files(1),
            ):
                with self.assertRaisesRegex(AccessError, "Integration"):
                    call()

    def test_context_cannot_steer(self):
        other = self.env["res.company"].create({"name": "Otra"})
        with self.assertRaises(AccessError):
            self.Deposit.with_context(allowed_company_ids=other.ids).register(
                [self._row()]
            )
        (answer,) = self.Deposit.with_context(
            default_company_id=other.id, default_active=False, default_state="draft"
        ).register([self._row()])
        deposit = self.env["skydrop.deposit"].browse(answer["id"])
        self.assertEqual(deposit.company_id, self.company)
        self.assertTrue(deposit.active)

    def test_queries_do_not_grow_with_the_rows(self):
        def queries(count, prefix):
            payments = [self._create_payment(100).id for _number in range(count)]
            rows = [
                self._row(f"{prefix}{payment}", amount=100, payment_id=payment)
                for payment in payments
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.Deposit.register(rows)
            return self.cr.sql_log_count - before

        queries(1, "warm")
        # PostgreSQL is given up to 100 rows a statement.
        self.assertLessEqual(queries(12, "many"), queries(3, "few"))
