from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """The buttons of a customer: deposits, invoices, the rule, requests."""

    _inherit = "res.partner"

    skydrop_deposit_count = fields.Integer(
        string="Number of Deposits",
        compute="_compute_skydrop_counts",
        groups="skydrop_facturacion.group_support",
    )
    skydrop_request_count = fields.Integer(
        string="Number of Requests",
        compute="_compute_skydrop_counts",
        groups="skydrop_facturacion.group_support",
    )
    skydrop_invoice_count = fields.Integer(
        string="Number of Deposit Invoices",
        compute="_compute_skydrop_invoice_count",
        groups="account.group_account_invoice,account.group_account_readonly",
    )
    skydrop_rule_label = fields.Char(
        string="Automatic Invoicing",
        compute="_compute_skydrop_rule_label",
        groups="skydrop_facturacion.group_support",
    )

    def _compute_skydrop_counts(self):
        for partner in self:
            domain = partner._skydrop_get_customer_domain()
            partner.skydrop_deposit_count = self.env["skydrop.deposit"].search_count(
                domain
            )
            partner.skydrop_request_count = self.env[
                "skydrop.change.request"
            ].search_count(partner._skydrop_get_requests_domain())

    def _compute_skydrop_invoice_count(self):
        for partner in self:
            partner.skydrop_invoice_count = self.env["account.move"].search_count(
                partner._skydrop_get_invoices_domain()
            )

    @api.depends_context("company")
    def _compute_skydrop_rule_label(self):
        Rule = self.env["skydrop.auto.billing"]
        modes = dict(Rule._fields["mode"]._description_selection(self.env))
        for partner in self:
            rule = Rule._get_rule(partner, self.env.company)
            partner.skydrop_rule_label = (
                modes[rule.mode] if rule.active else self.env._("Off")
            )

    # ------------------------------------------------------------------
    # What is the customer's
    # ------------------------------------------------------------------

    def _skydrop_get_customer_domain(self):
        self.ensure_one()
        return Domain("commercial_partner_id", "=", self.commercial_partner_id.id)

    def _skydrop_get_requests_domain(self):
        self.ensure_one()
        return Domain("partner_id", "child_of", self.commercial_partner_id.id)

    def _skydrop_get_invoices_domain(self):
        """:return: deposit invoices made out to the customer or to its receivers"""
        self.ensure_one()
        return (
            Domain("move_type", "in", ("out_invoice", "out_refund"))
            & Domain("partner_id", "child_of", self.commercial_partner_id.id)
            & Domain("line_ids.skydrop_deposit_id", "!=", False)
        )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def _skydrop_open(self, action_name, domain, **context):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            f"skydrop_facturacion.{action_name}"
        )
        self.env[action["res_model"]].check_access("read")
        return {**action, "domain": list(domain), "context": context}

    def action_skydrop_deposits(self):
        """:return: the action that opens the customer's deposits"""
        return self._skydrop_open(
            "skydrop_deposit_action",
            self._skydrop_get_customer_domain(),
            default_partner_id=self.commercial_partner_id.id,
        )

    def action_skydrop_invoices(self):
        """:return: the action that opens the invoices of the customer's deposits"""
        return self._skydrop_open(
            "skydrop_invoice_action", self._skydrop_get_invoices_domain(), create=False
        )

    def action_skydrop_requests(self):
        """:return: the action that opens the customer's requests"""
        return self._skydrop_open(
            "skydrop_change_request_action", self._skydrop_get_requests_domain()
        )

    def action_skydrop_rule(self):
        """Open the customer's rule of automatic invoicing, or the form to make one.

        :return: the window action
        :rtype: dict
        """
        customer = self.commercial_partner_id
        action = self._skydrop_open(
            "skydrop_auto_billing_action",
            Domain("partner_id", "=", customer.id),
            default_partner_id=customer.id,
            active_test=False,
        )
        rule = self.env["skydrop.auto.billing"]._get_rule(customer, self.env.company)
        return {**action, "views": [(False, "form")], "res_id": rule.id}
