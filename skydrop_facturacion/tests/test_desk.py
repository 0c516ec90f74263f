import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import RFC_PERSON, SkydropCommon


@tagged("post_install", "-at_install")
class TestDesk(SkydropCommon):
    """The accountant's buttons on deposits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._create_internal_user(
            "desk_accountant", "group_accountant"
        )
        cls.support = cls._create_internal_user("desk_support", "group_support")

    def _flush_tracking(self):
        self.env.flush_all()
        self.env.cr.precommit.run()

    def _deposits(self, *amounts, **values):
        return self._create_deposits(*amounts, **values).with_user(self.accountant)

    # ------------------------------------------------------------------
    # Many at once
    # ------------------------------------------------------------------

    def test_drafts_are_confirmed_the_rest_is_counted(self):
        confirmed = self._deposits(100)
        drafts = confirmed.copy() + confirmed.copy() + confirmed.copy()
        self.assertIsNone(drafts[0].action_confirm())
        answer = (confirmed + drafts).action_confirm()
        self.assertEqual(set(drafts.mapped("state")), {"confirmed"})
        self.assertIn(
            "Confirmed: 2. No drafts, so left as they are: 2.",
            answer["params"]["message"],
        )

    def test_all_or_none_are_cancelled(self):
        free, first, second = deposits = self._deposits(100, 200, 300)
        (first + second).sudo()._create_invoices()
        with self.assertRaises(UserError) as refused:
            deposits.action_cancel()
        message = str(refused.exception)
        for deposit in first + second:
            self.assertIn(deposit.name, message)
            self.assertIn(deposit.invoice_ids.name, message)
        self.assertNotIn(free.name, message)
        self.assertEqual(free.state, "confirmed")
        free.action_cancel()
        self.assertEqual(free.state, "cancelled")

    def test_cancellation_is_taken_back(self):
        cancelled, other = self._deposits(100, 200)
        cancelled.action_cancel()
        (cancelled + other).action_draft()
        self.assertEqual((cancelled.state, other.state), ("draft", "confirmed"))
        cancelled.action_confirm()
        self.assertEqual(cancelled.invoice_status, "to_invoice")
        with self.assertRaises(AccessError):
            other.with_user(self.support).action_draft()

    # ------------------------------------------------------------------
    # What may change, what is kept
    # ------------------------------------------------------------------

    def test_amount_and_customer_stay_while_invoiced(self):
        deposit = self._deposits(100)
        invoice = deposit.sudo()._create_invoices()
        other = self._create_customer("Otra")
        for values in ({"amount": 200}, {"amount": 50}, {"partner_id": other.id}):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, invoice.name),
                self.env.cr.savepoint(),
            ):
                deposit.write(values)
        invoice._reverse_moves(cancel=True)
        deposit.amount = 200
        self.assertEqual(deposit.amount_to_invoice, 200)

    def test_company_stays_once_confirmed(self):
        other = self.env["res.company"].create({"name": "Otra emisora"})
        deposit = self._create_deposits(100)
        with self.assertRaisesRegex(UserError, deposit.name):
            deposit.company_id = other
        deposit.company_id = self.company
        draft = deposit.copy()
        draft.company_id = other
        self.assertEqual(draft.company_id, other)

    def test_who_changed_what_is_kept(self):
        # Tests switch tracking off.
        deposit = self._deposits(100).with_context(tracking_disable=False)
        payment = self._create_payment(100)
        self._flush_tracking()
        deposit.write({"payment_id": payment.id, "reference": "REC-9"})
        deposit.action_cancel()
        self._flush_tracking()
        changed = deposit.sudo().message_ids.tracking_value_ids.field_id
        self.assertEqual(
            set(changed.mapped("name")), {"payment_id", "reference", "state"}
        )
        self.assertEqual(
            deposit.sudo().message_ids.filtered("tracking_value_ids").author_id,
            self.accountant.partner_id,
        )

    # ------------------------------------------------------------------
    # Smart buttons and the saved favourite
    # ------------------------------------------------------------------

    def test_buttons_lead_to_what_belongs_to_it(self):
        deposit = self._deposits(100)
        payment = self._create_payment(100)
        deposit.payment_id = payment
        invoice = deposit.sudo()._create_invoices()
        self.assertEqual(deposit.action_view_payment()["res_id"], payment.id)
        self.assertEqual(
            self.env["account.move"].search(deposit.action_view_invoices()["domain"]),
            invoice,
        )
        self.assertEqual(deposit.request_count, 0)
        request = self.env["skydrop.change.request"].create(
            {
                "invoice_id": invoice.id,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "request_type": "cancel",
                "reason": "02",
            }
        )
        deposit.invalidate_recordset()
        self.assertEqual(deposit.request_count, 1)
        self.assertEqual(deposit.action_view_requests()["res_id"], request.id)

    def test_month_end_favourite_is_everybodys(self):
        filters = self.env["ir.filters"].with_user(self.accountant)
        action = self.env.ref("skydrop_facturacion.skydrop_deposit_action")
        names = [
            found["name"] for found in filters.get_filters("skydrop.deposit", action.id)
        ]
        self.assertIn("Cierre de mes", names)


@tagged("post_install", "-at_install")
class TestInvoiceDeposits(SkydropCommon):
    """The accountant invoices ticked deposits as the portal does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._create_internal_user(
            "desk_accountant", "group_accountant"
        )

    def _wizard(self, action):
        Wizard = self.env[action["res_model"]].with_user(self.accountant)
        return Wizard.browse(action["res_id"])

    def _open(self, deposits):
        return self._wizard(deposits.with_user(self.accountant).action_invoice())

    def _invoices(self, action):
        self.assertEqual(action["res_model"], "account.move")
        ids = [action["res_id"]] if action.get("res_id") else action["domain"][0][2]
        return self.env["account.move"].browse(ids)

    def test_generates_what_the_preview_shows(self):
        deposits = self._create_deposits(1160, 580, payment_form="28")
        wizard = self._open(deposits)
        self.assertFalse(wizard.problems)
        self.assertIn("1,740.00", wizard.preview)
        self.assertIn("COMERCIALIZADORA LUNA", wizard.preview)
        self.assertEqual(wizard.payment_form, "28")
        invoice = self._invoices(wizard.action_generate())
        self.assertEqual((invoice.state, invoice.amount_total), ("posted", 1740))
        self.assertEqual(invoice.skydrop_generation_key, wizard.fingerprint)
        self.assertEqual(invoice.create_uid, self.accountant)
        self.assertEqual(deposits._check_consistency(), [])

    def test_the_portals_preview_is_the_same(self):
        deposits = self._create_deposits(1160, 580)
        document = self._document(deposits)
        self.assertEqual(
            self._open(deposits[::-1]).fingerprint, deposits._get_fingerprint(document)
        )

    def test_second_click_finds_the_first_ones_invoice(self):
        wizard = self._open(self._create_deposits(1160))
        first = self._invoices(wizard.action_generate())
        self.assertEqual(self._invoices(wizard.action_generate()), first)

    def test_choice_of_receiver_form_and_note(self):
        receiver = self.customer._skydrop_create_receiver(
            {
                "legal_name": "JUANA RAMIREZ",
                "rfc": RFC_PERSON,
                "fiscal_regime": "612",
                "zip": "06600",
                "cfdi_use": "G03",
            }
        )
        deposits = self._create_deposits(1000)
        deposits += self._create_deposits(100, payment_form="04")
        with Form(self._open(deposits)) as form:
            self.assertFalse(form.ledger_differs)
            form.receiver_id = receiver
            self.assertTrue(form.ledger_differs)
            form.payment_form = "04"
            form.note = "Pedido <7>"
            self.assertIn("JUANA RAMIREZ", form.preview)
            self.assertIn("Pedido &lt;7&gt;", form.preview)
        invoice = self._invoices(form.record.action_generate())
        self.assertEqual(invoice.partner_id, receiver)
        self.assertEqual(invoice.skydrop_payment_form, "04")
        self.assertIn("Pedido &lt;7&gt;", invoice.narration)

    def test_corrected_for_this_invoice_alone(self):
        deposits = self._create_deposits(1160)
        with Form(self._open(deposits)) as form:
            self.assertFalse(form.is_corrected)
            form.legal_name = "Comercializadora Sol, S.A. de C.V."
            form.zip = "06600"
            form.cfdi_use = "S01"
            self.assertIn("S.A. DE C.V.", form.hint.upper())
            self.assertIn("COMERCIALIZADORA SOL", form.preview)
            form.save_receiver = False
        wizard = form.record
        document = self._document(
            deposits, values={**wizard._prepare_move_values(), "narration": ""}
        )
        self.assertEqual(wizard.fingerprint, deposits._get_fingerprint(document))
        invoice = self._invoices(wizard.action_generate())
        self.assertEqual(invoice.skydrop_legal_name, "COMERCIALIZADORA SOL")
        self.assertEqual(
            (invoice.skydrop_zip, invoice.skydrop_cfdi_use), ("06600", "S01")
        )
        self.assertEqual(self.customer.zip, "44100")

    def test_corrected_for_the_next_ones_too(self):
        deposits = self._create_deposits(1160)
        wizard = self._open(deposits)
        wizard.write({"zip": "06600"})
        self.assertTrue(wizard.save_receiver)
        invoice = self._invoices(wizard.action_generate())
        self.assertEqual((invoice.skydrop_zip, self.customer.zip), ("06600", "06600"))
        self.assertEqual(self._invoices(wizard.action_generate()), invoice)

    def test_another_rfc_is_another_receiver(self):
        wizard = self._open(self._create_deposits(1160))
        wizard.write({"rfc": RFC_PERSON.lower(), "fiscal_regime": "601"})
        self.assertIn("601", wizard.problems)
        wizard.write({"fiscal_regime": "612", "legal_name": "JUANA RAMIREZ"})
        self.assertFalse(wizard.problems)
        self.assertNotIn("601", wizard.available_regimes)
        invoice = self._invoices(wizard.action_generate())
        self.assertEqual(invoice.partner_id.parent_id, self.customer)
        self.assertEqual(invoice.partner_id.vat, RFC_PERSON)

    def test_wrong_check_digit_is_to_be_confirmed(self):
        wizard = self._open(self._create_deposits(1160))
        wizard.rfc = "CLU150408H77"
        self.assertTrue(wizard.has_wrong_digit)
        self.assertIn("check digit", wizard.problems)
        wizard.action_generate()
        self.assertFalse(wizard.deposit_ids.invoice_ids)
        wizard.is_rfc_confirmed = True
        self.assertFalse(wizard.problems)
        self.assertEqual(
            self._invoices(wizard.action_generate()).skydrop_rfc, "CLU150408H77"
        )

    def test_what_the_portal_does_not_offer_is_refused(self):
        stranger = self._create_customer("Ajena")
        for values in ({"receiver_id": stranger.id}, {"payment_form": "01"}):
            with self.subTest(values=values):
                deposits = self._create_deposits(1160)
                wizard = self._open(deposits)
                wizard.write(values)
                self.assertTrue(wizard.problems)
                wizard.action_generate()
                self.assertIn("No invoice was generated", wizard.notice)
                self.assertFalse(deposits.invoice_ids)

    def test_change_since_the_preview_is_named(self):
        deposits = self._create_deposits(1160, 100)
        wizard = self._open(deposits)
        self.customer.zip = "06600"
        deposits[0].amount = 1161
        answer = self._wizard(wizard.action_generate())
        self.assertEqual(answer, wizard)
        self.assertIn("44100 → 06600", wizard.notice)
        self.assertIn("$\xa01,161.00", wizard.notice)
        self.assertFalse(deposits.invoice_ids)
        invoice = self._invoices(wizard.action_generate())
        self.assertEqual(invoice.amount_total, 1261)

    def test_what_somebody_else_invoiced_is_left_out(self):
        lost, kept = deposits = self._create_deposits(1160, 100)
        wizard = self._open(deposits)
        lost._create_invoices()
        wizard.action_generate()
        self.assertIn(lost.name, wizard.notice)
        self.assertEqual(wizard.deposit_ids, kept)
        self.assertIn("100.00", wizard.preview)
        self.assertEqual(self._invoices(wizard.action_generate()).amount_total, 100)

    def test_one_invoice_a_customer_one_after_another(self):
        other = self._create_customer("Abarrotes Sol")
        dollars = self._create_deposits(50, currency_id=self.usd.id)
        ours = self._create_deposits(1160)
        theirs = self._create_deposits(580, partner_id=other.id)
        wizard = self._open(dollars + ours + theirs)
        self.assertEqual((wizard.customer_id, wizard.left_count), (other, 2))
        wizard = self._wizard(wizard.action_generate())
        self.assertEqual((wizard.customer_id, wizard.left_count), (self.customer, 1))
        self.assertIn(theirs.invoice_ids.name, wizard.notice)
        wizard = self._wizard(wizard.action_skip())
        self.assertEqual(wizard.left_count, 0)
        invoices = self._invoices(wizard.action_generate())
        self.assertEqual(len(invoices), 2)
        self.assertEqual(invoices, (dollars + ours + theirs).invoice_ids)

    def test_past_the_month_limit_is_a_warning(self):
        self.company.skydrop_billing_limit = "month"
        old = self._create_deposits(100, date="2020-01-15 18:00:00")
        self.assertEqual(old.billing_block, "limit")
        wizard = self._open(old)
        self.assertIn(old.name, wizard.notice)
        self.assertIn("Past the month limit", wizard.notice)
        wizard.action_generate()
        self.assertEqual(old.invoice_status, "invoiced")

    def test_what_waited_is_invoiced_by_somebody_else(self):
        other = self._create_customer("Abarrotes Sol")
        ours = self._create_deposits(1160)
        theirs = self._create_deposits(580, partner_id=other.id)
        wizard = self._open(ours + theirs)
        ours._create_invoices()
        self.assertEqual(self._invoices(wizard.action_generate()), theirs.invoice_ids)

    def test_what_cannot_be_invoiced_is_named(self):
        invoiced, coupon = (
            self._create_deposits(100),
            self._create_deposits(5, origin="coupon"),
        )
        invoiced._create_invoices()
        with self.assertRaisesRegex(UserError, coupon.name):
            self._open(invoiced + coupon)
        good = self._create_deposits(200)
        wizard = self._open(invoiced + coupon + good)
        self.assertIn(coupon.name, wizard.notice)
        self.assertEqual(wizard.deposit_ids, good)

    def test_incomplete_receiver_is_told(self):
        nobody = self._create_customer("Sin RFC", vat=False)
        deposits = self._create_deposits(100, partner_id=nobody.id)
        wizard = self._open(deposits)
        self.assertIn("RFC", wizard.problems)
        self.assertTrue(wizard.available_regimes and wizard.available_uses)
        wizard.action_generate()
        self.assertFalse(deposits.invoice_ids)
        nobody.vat = "CLU150408H76"
        wizard.action_generate()
        self.assertIn("CLU150408H76", wizard.notice)
        self.assertTrue(self._invoices(wizard.action_generate()))

    def test_only_accountants(self):
        deposit = self._create_deposits(100)
        support = self._create_internal_user("desk_support", "group_support")
        for user in (support, self.portal_user):
            with self.assertRaises(AccessError):
                deposit.with_user(user).action_invoice()

    def test_somebody_elses_preview_stays_theirs(self):
        wizard = self._open(self._create_deposits(100))
        other = self._create_internal_user("desk_other", "group_accountant")
        with self.assertRaises(AccessError):
            wizard.with_user(other).action_generate()

    def test_summary_is_what_is_shown(self):
        wizard = self._open(self._create_deposits(1160))
        summary = json.loads(wizard.summary)
        self.assertEqual(summary["rfc"], "CLU150408H76")
        self.assertEqual(len(summary["lines"]), 1)
