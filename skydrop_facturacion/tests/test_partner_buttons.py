from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SkydropCommon


@tagged("post_install", "-at_install")
class TestPartnerButtons(SkydropCommon):
    """A customer's buttons lead to what is theirs."""

    def _behind(self, action):
        return self.env[action["res_model"]].search(action["domain"])

    def test_counts_and_clicks(self):
        deposits = self._create_deposits(100, 200)
        other = self._create_customer("Otra empresa", vat="ABC010101AB9")
        self._create_deposits(300, partner_id=other.id)._create_invoices()
        receiver = self.env["res.partner"].create(
            {
                "parent_id": self.customer.id,
                "type": "other",
                "is_company": True,
                "name": "Segunda razón",
                "vat": "ABC010101AB9",
                "zip": "44100",
                "skydrop_legal_name": "SEGUNDA RAZON",
                "skydrop_fiscal_regime": "601",
                "skydrop_cfdi_use": "G03",
            }
        )
        invoices = deposits[0]._create_invoices()
        invoices += deposits[1]._create_invoices(receiver)
        request = self.env["skydrop.change.request"].create(
            {
                "invoice_id": invoices[0].id,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "request_type": "cancel",
                "reason": "03",
                "state": "sent",
            }
        )
        customer = self.customer
        contact = self.portal_user.partner_id
        for partner in (customer, contact):
            self.assertEqual(partner.skydrop_deposit_count, 2)
            self.assertEqual(partner.skydrop_invoice_count, 2)
            self.assertEqual(partner.skydrop_request_count, 1)
            self.assertEqual(
                set(self._behind(partner.action_skydrop_deposits())), set(deposits)
            )
            self.assertEqual(
                set(self._behind(partner.action_skydrop_invoices())), set(invoices)
            )
            self.assertEqual(self._behind(partner.action_skydrop_requests()), request)

    def test_rule(self):
        self.assertEqual(self.customer.skydrop_rule_label, "Off")
        action = self.customer.action_skydrop_rule()
        self.assertFalse(action["res_id"])
        self.assertEqual(action["context"]["default_partner_id"], self.customer.id)
        rule = self.env["skydrop.auto.billing"]._switch_on(
            self.customer, self.company, "total"
        )
        self.env.invalidate_all()
        self.assertEqual(self.customer.skydrop_rule_label, "By month")
        self.assertEqual(self.customer.action_skydrop_rule()["res_id"], rule.id)
        rule.active = False
        self.env.invalidate_all()
        self.assertEqual(self.customer.skydrop_rule_label, "Off")
        self.assertEqual(self.customer.action_skydrop_rule()["res_id"], rule.id)

    def test_who_may(self):
        customer = self.customer.with_user(self.portal_user)
        for action in (
            customer.action_skydrop_rule,
            customer.action_skydrop_requests,
        ):
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(AccessError):
            customer.read(["skydrop_deposit_count"])
