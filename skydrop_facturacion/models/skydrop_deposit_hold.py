from odoo import api, models
from odoo.fields import Domain

from .skydrop_change_request import OPEN_STATES


class SkydropDeposit(models.Model):
    """While a request about its invoice is open, nothing of a deposit is invoiced."""

    _inherit = "skydrop.deposit"

    @api.depends(
        "invoice_line_ids.move_id.skydrop_change_request_ids.state",
    )
    def _compute_billing_block(self):
        res = super()._compute_billing_block()
        held = (
            self.sudo()
            .with_context(active_test=False)
            .search(Domain("id", "in", self.ids) & self._get_held_domain())
        )
        for deposit in self.filtered(lambda deposit: deposit.id in held._ids):
            deposit.billing_block = deposit.billing_block or "request"
        return res

    def _get_holding_request(self):
        """:return: the open request that holds the deposit, if any
        :rtype: skydrop.change.request
        """
        self.ensure_one()
        return (
            self.sudo()
            .invoice_line_ids.move_id.skydrop_change_request_ids.filtered(
                lambda request: request.state in OPEN_STATES
            )
            .sorted("id")[:1]
        )

    @api.model
    def _get_held_domain(self):
        """:return: deposits that an open request holds
        :rtype: odoo.fields.Domain
        """
        # Open requests are few: the query starts from them.
        requests = (
            self.env["skydrop.change.request"]
            .sudo()
            ._search(Domain("state", "in", OPEN_STATES))
        )
        lines = (
            self.env["account.move.line"]
            .sudo()
            ._search(
                Domain("skydrop_deposit_id", "!=", False)
                & Domain("move_id", "in", requests.subselect("invoice_id"))
            )
        )
        return Domain("id", "in", lines.subselect("skydrop_deposit_id"))

    @api.model
    def _get_billable_domain(self, partner, company):
        customer = Domain(
            "commercial_partner_id", "=", partner.commercial_partner_id.id
        )
        # By their ids, which are few: PostgreSQL would ask a subquery for each deposit.
        held = self.sudo().search(customer & self._get_held_domain())
        return super()._get_billable_domain(partner, company) & Domain(
            "id", "not in", held.ids
        )
