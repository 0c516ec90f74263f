from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .request_common import SkydropRequestCommon


@tagged("post_install", "-at_install")
class TestRequestReplacement(SkydropRequestCommon):
    """From a request to the invoices in the place of another, by people alone; and what
    the addon must not do on its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # As it is in real life: followers and notifications at work.
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": False})

    def _claims(self):
        self.env.flush_all()
        self.deposits.invalidate_recordset()
        return [
            (deposit.amount_invoiced, deposit.amount_freed) for deposit in self.deposits
        ]

    def _prepare(self, request):
        request.with_user(self.accountant).sudo(False).action_prepare_replacement()
        return request.replacement_ids

    def test_claims_before_between_and_after(self):
        request = self._ask_modify(zip="44110")
        whole = [(500, 0), (300, 0), (200, 0)]
        self.assertEqual(self._claims(), whole)
        draft = self._prepare(request)
        self.assertEqual(draft.state, "draft")
        self.assertEqual(draft.skydrop_replaces_id, self.invoice)
        self.assertFalse(draft.duplicated_ref_ids, "called a duplicate of it")
        self.assertEqual(self._claims(), whole)
        draft.with_user(self.accountant).action_post()
        self.assertEqual(draft.skydrop_zip, "44110")
        self.assertEqual(self.customer.zip, "44100")
        self.assertTrue(self.invoice.skydrop_is_replaced)
        self.assertEqual(self._claims(), whole)
        self.invoice.with_user(self.accountant).button_cancel()
        self.assertEqual(self._claims(), whole)
        request.with_user(self.accountant).action_done()
        self.assertEqual(self._claims(), whole)
        self.assertFalse(
            self.deposits.search(
                self.deposits._get_billable_domain(self.customer, self.company)
            )
            & self.deposits
        )

    def test_deposits_taken_out_are_free_but_held(self):
        request = self._as_customer()._create_modify(
            self.invoice, self.customer, {}, self.deposits[:2]
        )
        draft = self._prepare(request)
        draft.action_post()
        self.invoice.button_cancel()
        self.assertEqual(draft.amount_total, 800)
        self.assertEqual(self._claims(), [(500, 0), (300, 0), (0, 200)])
        self.assertEqual(self.deposits[2].billing_block, "request")
        request.with_user(self.accountant).action_done()
        self.assertFalse(self.deposits[2].billing_block)
        self.assertEqual(self.deposits[2].amount_freed, 200)

    def test_split(self):
        north = self._create_receiver("Luna Norte", vat="ABC010101AB9", zip="64000")
        request = self._ask_split(
            333.33, 333.33, 333.34, receivers=[self.customer, north, north]
        )
        drafts = self._prepare(request).sorted("id")
        self.assertEqual(drafts.mapped("amount_total"), [333.33, 333.33, 333.34])
        self.assertEqual(drafts.mapped("state"), ["draft"] * 3)
        for draft in drafts:
            draft.action_post()
        self.assertEqual(drafts[1].skydrop_rfc, "ABC010101AB9")
        self.invoice.button_cancel()
        self.assertEqual(self._claims(), [(500, 0), (300, 0), (200, 0)])

    def test_preview_of_a_part_is_its_draft(self):
        amounts = [333.33, 333.33, 333.34]
        parts = self._as_customer()._split_by_amounts(
            self.invoice, amounts, [self.customer] * 3
        )
        Document = self.env["skydrop.invoice.document"]
        previews = [Document._from_part(self.invoice, part) for part in parts]
        drafts = self._prepare(self._ask_split(*amounts)).sorted("id")
        for preview, draft in zip(previews, drafts, strict=True):
            with self.subTest(amount=draft.amount_total):
                self.assertAlmostEqual(preview["total"], draft.amount_total, 6)
                self.assertAlmostEqual(preview["subtotal"], draft.amount_untaxed, 6)
                self.assertAlmostEqual(preview["tax"], draft.amount_tax, 6)
                self.assertFalse(preview["issues"])

    def test_preview_of_an_edit_is_its_draft(self):
        self.deposits[2].sudo().payment_form = "04"
        north = self._create_receiver("Luna Norte", vat="XIA190128J61", zip="64000")
        edit = (self.invoice, north, {"note": "Obra 7", "cfdi_use": "S01"})
        kept = self.deposits[1:]
        Request = self._as_customer()
        wanted, _suffix = Request._get_wanted_values(*edit)
        preview = self.env["skydrop.invoice.document"]._from_edit(
            self.invoice, north, wanted, kept
        )
        draft = self._prepare(Request._create_modify(*edit, kept))
        draft.action_post()
        document = self.env["skydrop.invoice.document"]._from_move(draft)
        for key in ("total", "subtotal", "tax", "receiver", "payment_form", "lines"):
            with self.subTest(key=key):
                self.assertEqual(preview[key], document[key])
        self.assertIn("Obra 7", document["note"])
        self.assertEqual(preview["note"], document["note"])
        self.assertFalse(preview["issues"])

    def test_another_rfc_is_another_receiver(self):
        request = self._ask_modify(
            rfc="ABC010101AB9", legal_name="OTRA LUNA", confirmed_rfc="ABC010101AB9"
        )
        draft = self._prepare(request)
        new = draft.partner_id
        self.assertNotEqual(new, self.customer)
        self.assertEqual(
            (new.vat, new.type, new.is_company),
            (
                "ABC010101AB9",
                "other",
                True,
            ),
        )
        self.assertEqual(new.parent_id, self.customer)
        self.assertEqual(self.customer.vat, "CLU150408H76")
        draft.action_post()
        self.assertEqual(draft.skydrop_legal_name, "OTRA LUNA")

    def test_payment_form_and_note(self):
        self.deposits[1].sudo().payment_form = "04"
        request = self._ask_modify(payment_form="04", note="Obra 7 <b>norte</b>")
        draft = self._prepare(request)
        self.assertEqual(draft.skydrop_payment_form, "04")
        self.assertEqual(
            self.Request._get_current_values(draft)["note"], "Obra 7 <b>norte</b>"
        )

    def test_refusals(self):
        cancel = self._ask_cancel()
        with self.assertRaisesRegex(UserError, cancel.name):
            self._prepare(cancel)
        cancel._withdraw()
        request = self._ask_modify(zip="44110")
        with self.assertRaises(AccessError):
            request.with_user(self.support).sudo(False).action_prepare_replacement()
        self._prepare(request)
        with self.assertRaisesRegex(UserError, "already has replacements"):
            self._prepare(request)
        with self.assertRaisesRegex(UserError, request.name):
            request._withdraw()

    # ------------------------------------------------------------------
    # What it must not do on its own
    # ------------------------------------------------------------------

    def _all_steps(self):
        """Each step that customer and people take, until all is done."""
        request = self._ask_modify(zip="44110")
        yield request, "asked"
        request._post_message(self.portal_user, "¿Cómo va?")
        yield request, "message"
        by_support = request.with_user(self.support).sudo(False)
        by_support.action_start()
        yield request, "started"
        by_support.message_post(
            body="Lo vemos", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        yield request, "answered"
        by_support.action_pass_to_accounting()
        by_support.responsible_id = self.accountant
        yield request, "passed"
        draft = self._prepare(request)
        yield request, "prepared"
        draft.with_user(self.accountant).action_post()
        yield request, "posted"
        self.invoice.with_user(self.accountant).button_cancel()
        yield request, "cancelled"
        request.with_user(self.accountant).sudo(False).action_done()
        yield request, "done"

    def test_nobody_is_notified(self):
        """No mail, no follower, no activity, no notification for the customer or for
        accounting, at any step."""
        last_mail = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
        last_note = (
            self.env["mail.notification"].search([], order="id desc", limit=1).id or 0
        )
        Followers = self.env["mail.followers"]
        last_follower = Followers.search([], order="id desc", limit=1).id or 0
        for _request, step in self._all_steps():
            with self.subTest(step=step):
                self.env.flush_all()
                mails = self.env["mail.mail"].search([("id", ">", last_mail)])
                self.assertEqual(set(mails.mapped("email_to")), {"hola@desk.mx"})
                self.assertFalse(mails.recipient_ids)
                self.assertFalse(
                    self.env["mail.notification"].search([("id", ">", last_note)])
                )
                self.assertFalse(Followers.search([("id", ">", last_follower)]))
                self.assertFalse(
                    self.env["mail.activity"].search(
                        [("user_id", "in", (self.accountant + self.portal_user).ids)]
                    )
                )

    def test_no_invoice_is_made_or_posted(self):
        for request in (self._ask_modify(zip="44110"),):
            count = self.env["account.move"].search_count([])
            request.with_user(self.support).action_start()
            request.with_user(self.support).action_done()
            self.assertEqual(self.env["account.move"].search_count([]), count)

    def test_the_original_is_not_cancelled(self):
        request = self._ask_modify(zip="44110")
        self._prepare(request).action_post()
        request.with_user(self.accountant).action_done()
        self.assertEqual(self.invoice.state, "posted")
        other = self._create_deposits(10)._create_invoices()
        cancel = self._ask_cancel(other)
        cancel.with_user(self.accountant).action_done()
        self.assertEqual(other.state, "posted")

    def test_dialogs_of_odoo(self):
        request = self._ask_cancel().with_user(self.accountant).sudo(False)
        action = request.action_open_reversal()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({"journal_id": self.invoice.journal_id.id})
        )
        self.assertEqual(wizard.move_ids, self.invoice)
        self.assertEqual(request.action_open_invoice()["res_id"], self.invoice.id)

    def test_automatic_rule_takes_nothing(self):
        self.env["skydrop.auto.billing"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "mode": "deposit",
                "covered_from": "2026-01-01",
                "start_date": "2026-01-01",
            }
        )
        count = len(self.deposits.invoice_ids)
        request = self._as_customer()._create_modify(
            self.invoice, self.customer, {}, self.deposits[:2]
        )
        draft = self._prepare(request)
        draft.action_post()
        self._run_automatic()
        self.invoice.button_cancel()
        self._run_automatic()
        request.with_user(self.accountant).action_done()
        self._run_automatic()
        self.deposits.invalidate_recordset()
        self.assertEqual(len(self.deposits.invoice_ids), count + 1)
        # What automatic invoicing may take is what was never freed.
        self.assertEqual(
            [
                deposit.amount_to_invoice - deposit.amount_freed
                for deposit in self.deposits
            ],
            [0, 0, 0],
        )

    def _run_automatic(self):
        cron = self.env.ref("skydrop_facturacion.ir_cron_auto_billing_1")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def test_replacement_is_seen_by_the_customer(self):
        request = self._ask_modify(zip="44110")
        draft = self._prepare(request)
        request.sudo().is_unread = False
        draft.action_post()
        self.assertTrue(request.is_unread)

    def test_support_reads_the_parts(self):
        request = self._ask_split(500, 500).with_user(self.support).sudo(False)
        self.assertEqual(request.part_ids.mapped("amount"), [500, 500])
        with self.assertRaises(AccessError):
            request.part_ids[0].write({"amount": 1})
        with self.assertRaises(AccessError):
            self.env["skydrop.change.request.part"].with_user(self.support).create(
                {
                    "request_id": request.id,
                    "receiver_id": self.customer.id,
                    "amount": 1,
                    "deposit_ids": [Command.set(self.deposits.ids)],
                }
            )
