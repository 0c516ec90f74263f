from odoo import api, models


class SkydropDeposit(models.Model):
    """What automatic invoicing needs of deposits: many invoices at once, and to know
    when one can be invoiced."""

    _inherit = "skydrop.deposit"

    @api.model
    def _create_invoices_in_batch(self, company, orders):
        """Generate and post the invoices of many customers of one company at once.

        :param res.company company: the company that issues them
        :param list orders: ``(deposits, receiver, values, amounts)`` of each invoice,
            see ``_create_invoices``; what ``_check_can_be_invoiced`` looks at was
            checked by the caller
        :return: the posted invoices, in that order
        :rtype: account.move
        :raise BillingError: see ``_check_billable_together``
        """
        deposits = self.concat(*[order[0] for order in orders])
        deposits._lock()
        for ordered, *_rest in orders:
            ordered._check_billable_together()
        # Asked for once, not once an invoice.
        receivers = self.env["res.partner"].concat(*[order[1] for order in orders])
        receivers.mapped("user_ids")
        fiscal_positions = {}
        vals_list = [
            ordered.with_context(
                skydrop_fiscal_positions=fiscal_positions
            )._prepare_invoice_values(*rest)
            for ordered, *rest in orders
        ]
        self._skip_analytic_search(vals_list)
        return deposits._create_posted_moves(company, vals_list)

    def _get_fiscal_position(self, receiver):
        """Remember within a batch what Odoo finds for the same address and number."""
        known = self.env.context.get("skydrop_fiscal_positions")
        if known is None:
            return super()._get_fiscal_position(receiver)
        key = (
            receiver.with_company(self.company_id).property_account_position_id,
            receiver.country_id,
            receiver.state_id,
            receiver.zip,
            receiver.vat,
        )
        if key not in known:
            known[key] = super()._get_fiscal_position(receiver)
        return known[key]

    @api.model
    def _skip_analytic_search(self, vals_list):
        """Without analytic distribution models there is none to look for, line by
        line."""
        models = self.env["account.analytic.distribution.model"].sudo()
        if models.search_count([], limit=1):
            return
        for vals in vals_list:
            for _command, _id, line_vals in vals["invoice_line_ids"]:
                line_vals.setdefault("analytic_distribution", False)

    @api.model_create_multi
    def create(self, vals_list):
        deposits = super().create(vals_list)
        deposits.filtered(
            lambda deposit: deposit.state == "confirmed"
        )._trigger_automatic_invoicing()
        return deposits

    def write(self, vals):
        res = super().write(vals)
        if vals.get("state") == "confirmed":
            self._trigger_automatic_invoicing()
        return res

    def _trigger_automatic_invoicing(self):
        """Wake the jobs up if a customer of these deposits invoices by deposit."""
        rules = self.env["skydrop.auto.billing"].sudo()
        if self and rules.search_count(
            [
                ("mode", "=", "deposit"),
                ("commercial_partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "in", self.company_id.ids),
            ],
            limit=1,
        ):
            rules._trigger_jobs()
