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
        return deposits._create_posted_moves(
            company, [order[0]._prepare_invoice_values(*order[1:]) for order in orders]
        )

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
