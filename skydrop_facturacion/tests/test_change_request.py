from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..exceptions import BillingError
from .common import RFC_COMPANY
from .request_common import SkydropRequestCommon


@tagged("post_install", "-at_install")
class TestChangeRequest(SkydropRequestCommon):
    """What can be asked, who may do what with it, and what is held meanwhile."""

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def test_cancel(self):
        request = self._ask_cancel(description="Por error")
        self.assertRegex(request.name, r"^SOL/\d{4}/\d{4}$")
        self.assertEqual((request.state, request.reason), ("sent", "02"))
        self.assertEqual(request.partner_id, self.customer)
        self.assertEqual(request.user_id, self.portal_user)
        self.assertEqual(request.company_id, self.company)
        self.assertEqual(self.invoice.state, "posted")

    def test_customers_motives(self):
        for reason in ("01", "04", "", "99"):
            with self.subTest(reason=reason), self.assertRaises(BillingError):
                self._as_customer()._create_cancel(self.invoice, reason)

    def test_modify_keeps_differences_only(self):
        request = self._ask_modify(
            zip="44110", cfdi_use="S01", rfc=self.customer.vat, note="  "
        )
        self.assertEqual(request.reason, "01")
        self.assertEqual(
            [(line.field, line.old_value, line.new_value) for line in request.line_ids],
            [("zip", "44100", "44110"), ("cfdi_use", "G03", "S01")],
        )
        self.assertEqual(request.line_ids[1].new_label, "S01 Sin efectos fiscales")

    def test_modify_nothing(self):
        with self.assertRaises(BillingError) as refused:
            self._ask_modify(zip="44100")
        self.assertEqual(refused.exception.code, "nothing_changed")
        self.assertFalse(self.Request.search([("invoice_id", "=", self.invoice.id)]))

    def test_modify_by_the_rules_of_the_preview(self):
        for field, value in (
            ("zip", "123"),
            ("rfc", "NADA"),
            ("cfdi_use", "D01"),
            ("fiscal_regime", "605"),
            ("legal_name", ""),
            ("payment_form", "99"),
        ):
            with (
                self.subTest(field=field),
                self.assertRaises(BillingError) as refused,
            ):
                self._ask_modify(**{field: value})
            self.assertTrue(refused.exception.field)

    def test_modify_tells_all_that_is_wrong(self):
        with self.assertRaises(BillingError) as refused:
            self._ask_modify(zip="1", legal_name=" ", rfc="NADA", payment_form="99")
        self.assertEqual(
            {issue[0] for issue in refused.exception.issues},
            {"zip", "legal_name", "rfc", "payment_form"},
        )

    def test_modify_asks_for_the_check_digit(self):
        wrong = RFC_COMPANY[:-1] + "0"
        for confirmed in ("", RFC_COMPANY):
            with self.subTest(confirmed=confirmed):
                with self.assertRaises(BillingError) as refused:
                    self._ask_modify(rfc=wrong, confirmed_rfc=confirmed)
                self.assertEqual(refused.exception.code, "check_digit")
        request = self._ask_modify(rfc=wrong, confirmed_rfc=wrong)
        self.assertEqual(request.line_ids.new_value, wrong)

    def test_modify_refuses_the_general_public(self):
        for rfc in ("XAXX010101000", "XEXX010101000"):
            with self.subTest(rfc=rfc), self.assertRaises(BillingError) as refused:
                self._ask_modify(rfc=rfc, fiscal_regime="616", cfdi_use="S01")
            self.assertEqual(refused.exception.code, "generic")

    def test_modify_takes_the_suffix_off(self):
        typed = {"legal_name": "Luna Nueva, S.A. de C.V."}
        _wanted, suffix = self.Request._get_wanted_values(
            self.invoice, self.customer, typed
        )
        self.assertEqual(suffix, "S.A. DE C.V.")
        self.assertEqual(self._ask_modify(**typed).line_ids.new_value, "LUNA NUEVA")

    def test_modify_of_a_suffix_alone_changes_nothing(self):
        with self.assertRaises(BillingError) as refused:
            self._ask_modify(legal_name="Comercializadora Luna SA de CV")
        self.assertEqual(refused.exception.code, "nothing_changed")

    def test_split_among_complete_receivers(self):
        north = self._create_receiver("Luna Norte", vat="XIA190128J61", zip=False)
        with self.assertRaisesRegex(BillingError, "Part 2, LUNA NORTE: The postcode"):
            self._ask_split(500, 500, receivers=[self.customer, north])
        north.zip = "64000"
        self.assertTrue(
            self._ask_split(500, 500, receivers=[self.customer, north]).part_ids
        )

    def test_another_receiver_brings_its_data(self):
        other = self._create_receiver("Luna Norte", vat="ABC010101AB9", zip="64000")
        request = self._as_customer()._create_modify(
            self.invoice, other, {"zip": "44100"}, self.deposits
        )
        self.assertEqual(
            {line.field: line.new_value for line in request.line_ids},
            {
                "receiver": "Luna Norte",
                "legal_name": "LUNA NORTE",
                "rfc": "ABC010101AB9",
                "zip": "64000",
            },
        )
        self.assertEqual(request.part_ids.receiver_id, other)

    def test_deposits_taken_out(self):
        request = self._as_customer()._create_modify(
            self.invoice, self.customer, {}, self.deposits[:2]
        )
        self.assertEqual(request.line_ids.field, "deposits")
        self.assertEqual(request.part_ids.amount, 800)
        self.assertEqual(request.part_ids.deposit_ids, self.deposits[:2])
        with self.assertRaises(BillingError):
            self._as_customer()._create_modify(
                self.invoice, self.customer, {}, self.deposits.browse()
            )

    # ------------------------------------------------------------------
    # Splitting
    # ------------------------------------------------------------------

    def test_equal_parts(self):
        self.assertEqual(
            self.Request._get_equal_amounts(self.invoice, 3), [333.33, 333.33, 333.34]
        )
        amounts = self.Request._get_equal_amounts(self.invoice, 3)
        request = self._ask_split(*amounts)
        self.assertEqual(request.part_ids.mapped("amount"), amounts)
        taken = {}
        for part in request.part_ids:
            for deposit_id, amount in part._get_deposit_amounts().items():
                taken[deposit_id] = taken.get(deposit_id, 0) + round(amount * 100)
        self.assertEqual(
            taken, dict(zip(self.deposits.ids, (50000, 30000, 20000), strict=True))
        )

    def test_fifty_parts(self):
        amounts = self.Request._get_equal_amounts(self.invoice, 50)
        self.assertEqual(len(self._ask_split(*amounts).part_ids), 50)

    def test_wrong_splits(self):
        for amounts, message in (
            ((500, 499.99), r"0\.01 is missing"),
            ((500, 500.01), r"0\.01 is too much"),
            ((1000, 0), "part 2 has to be above zero"),
            ((1001, -1), "part 2 has to be above zero"),
            ((1000,), "2 to 50 parts"),
            ([20] * 50 + [0], "part 51"),
        ):
            with (
                self.subTest(amounts=amounts),
                self.assertRaisesRegex(BillingError, message),
            ):
                self._ask_split(*amounts)

    def test_split_by_deposits(self):
        first, second, third = self.deposits.ids
        split = self._as_customer()._split_by_deposits
        two = [self.customer] * 2
        parts = split(self.invoice, {first: 1, second: 2, third: 2}, two)
        self.assertEqual([part["amount"] for part in parts], [500, 500])
        for numbers in (
            {first: 1, second: 1, third: 1},
            {first: 1, second: 2},
            {first: 1, second: 2, third: 3},
            {first: 1, second: 2, third: 0},
            {first: 1, second: 2, third: 2, 999999: 1},
        ):
            with self.subTest(numbers=numbers), self.assertRaises(BillingError):
                split(self.invoice, numbers, two)

    def test_parts_are_judged_when_sent(self):
        parts = self._as_customer()._split_by_amounts(
            self.invoice, [500, 500], [self.customer] * 2
        )
        parts[1]["deposit_amounts"] = parts[0]["deposit_amounts"]
        with self.assertRaisesRegex(BillingError, "add up"):
            self._as_customer()._create_split(self.invoice, parts)

    # ------------------------------------------------------------------
    # Which invoices
    # ------------------------------------------------------------------

    def test_one_open_request(self):
        request = self._ask_cancel()
        self.assertEqual(self._ask_modify(zip="44110"), request)
        request.with_user(self.support).action_start()
        self.assertEqual(self._ask_cancel(), request)
        request.with_user(self.support).action_done()
        self.assertNotEqual(self._ask_cancel(), request)

    def test_one_open_request_in_the_database(self):
        first = self._ask_cancel()
        second = self.Request.create({"invoice_id": self.invoice.id})
        with self.assertRaisesRegex(UserError, first.name):
            second.action_send()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "UPDATE skydrop_change_request SET state = 'sent' WHERE id = %s",
                [second.id],
            )
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(ConcurrencyError),
            self.env.cr.savepoint(),
        ):
            second._set_state("sent")

    def test_not_these_invoices(self):
        draft = self._create_deposits(10)._create_invoices()
        draft.button_draft()
        cancelled = self._create_deposits(10)._create_invoices()
        cancelled.button_cancel()
        reversed_invoice = self._create_deposits(10)._create_invoices()
        refund = reversed_invoice._reverse_moves(cancel=True)
        for invoice in (draft, cancelled, reversed_invoice, refund):
            with self.subTest(invoice=invoice), self.assertRaises(BillingError):
                self._ask_cancel(invoice)

    def test_consequence(self):
        with freeze_time("2026-03-31 18:00:00"):
            invoice = self._create_deposits(10)._create_invoices()
        for now, consequence in (
            ("2026-03-31 18:00:00", "cancellation"),
            ("2026-04-01 05:59:00", "cancellation"),  # still March in Mexico City
            ("2026-04-01 06:01:00", "credit_note"),
            ("2027-01-01 05:59:00", "credit_note"),
            ("2027-01-01 06:01:00", "support"),
        ):
            with self.subTest(now=now), freeze_time(now):
                self.assertEqual(invoice._skydrop_get_consequence(), consequence)
        with freeze_time("2027-02-01 18:00:00"):
            with self.assertRaises(BillingError) as refused:
                self._ask_cancel(invoice)
            self.assertEqual(refused.exception.code, "support_only")
            self.company.skydrop_policy_after_year = "credit_note"
            self.assertTrue(self._ask_cancel(invoice))

    # ------------------------------------------------------------------
    # States
    # ------------------------------------------------------------------

    def test_states(self):
        request = self._ask_cancel().with_user(self.support)
        request.action_start()
        self.assertEqual(request.state, "in_progress")
        self.assertEqual(request.responsible_id, self.support)
        self.assertTrue(request.is_unread)
        with self.assertRaisesRegex(UserError, request.name):
            request.sudo()._withdraw()
        with self.assertRaisesRegex(UserError, "Write under “Rejection Reason” why"):
            request.action_reject()
        request.rejection_reason = "Ya está declarada"
        request.action_reject()
        self.assertEqual(request.state, "rejected")
        for action in ("action_start", "action_done", "action_reject"):
            with self.subTest(action=action), self.assertRaises(UserError):
                getattr(request, action)()

    def test_withdraw(self):
        request = self._ask_cancel()
        request._withdraw()
        self.assertEqual(request.state, "withdrawn")
        self.assertFalse(request.is_unread)
        with self.assertRaises(UserError):
            request.with_user(self.support).action_start()

    def test_nothing_by_hand(self):
        request = self._ask_cancel().with_user(self.support)
        for values in (
            {"state": "done"},
            {"mail_state": "sent"},
            {"description": "other"},
            {"invoice_id": self._create_deposits(5)._create_invoices().id},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                request.write(values)
        request.ticket_ref = "48151"
        with self.assertRaises(UserError):
            request.unlink()

    def test_only_people_of_the_desk(self):
        request = self._ask_cancel()
        mine = request.with_user(self.portal_user).sudo(False)
        for action in (
            "action_send",
            "action_start",
            "action_done",
            "action_reject",
            "action_resend",
            "action_pass_to_accounting",
            "action_prepare_replacement",
            "action_open_invoice",
        ):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(mine, action)()
        with self.assertRaises(AccessError):
            mine.read(["name"])
        with self.assertRaises(AccessError):
            request.with_user(self.support).action_prepare_replacement()

    def test_support_sees_it_all_without_accounting(self):
        request = self._ask_cancel().with_user(self.support).sudo(False)
        with self.assertRaises(AccessError):
            self.invoice.with_user(self.support).read(["name"])
        form = self.env["ir.ui.view"].with_user(self.support)
        fields = form.env[request._name].get_view(view_type="form")["models"]
        names = fields[request._name]
        (shown,) = request.read([name for name in names if name != "id"])
        self.assertEqual(shown["invoice_name"], self.invoice.name)
        self.assertEqual(shown["invoice_total"], 1000)
        self.assertEqual(shown["deposit_ids"], self.deposits.ids)

    def test_pass_to_accounting_notifies_nobody(self):
        request = self._ask_cancel().with_user(self.support)
        request.action_pass_to_accounting()
        self.assertEqual(request.team, "accounting")
        self.assertFalse(request.message_follower_ids)

    def test_other_company(self):
        request = self._ask_cancel()
        other = self.env["res.company"].create({"name": "Otra"})
        stranger = self._create_internal_user("ajeno-prueba", "group_manager")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        with self.assertRaises(AccessError):
            request.with_user(stranger).sudo(False).read(["name"])

    def test_ticket_link(self):
        request = self._ask_cancel()
        request.ticket_ref = "#48151"
        self.assertFalse(request.ticket_url)
        self.company.skydrop_ticket_url = "https://desk.mx/t/{ticket}"
        self.assertEqual(request.ticket_url, "https://desk.mx/t/48151")
        self.company.skydrop_ticket_url = "javascript:alert({ticket})"
        self.assertFalse(request.ticket_url)

    # ------------------------------------------------------------------
    # Held deposits
    # ------------------------------------------------------------------

    def _billable(self):
        Deposit = self.env["skydrop.deposit"]
        return Deposit.search(Deposit._get_billable_domain(self.customer, self.company))

    def test_deposits_are_held(self):
        request = self._ask_cancel()
        self.invoice.button_cancel()
        self.assertEqual(set(self.deposits.mapped("billing_block")), {"request"})
        self.assertEqual(self.deposits[0]._get_holding_request(), request)
        self.assertFalse(self._billable() & self.deposits)
        with self.assertRaisesRegex(BillingError, self.deposits[0].name):
            self.deposits._create_invoices()
        request.with_user(self.support).action_done()
        self.assertEqual(set(self.deposits.mapped("billing_block")), {False})
        self.assertEqual(self._billable() & self.deposits, self.deposits)
        self.assertEqual(self.deposits.mapped("amount_freed"), [500, 300, 200])
