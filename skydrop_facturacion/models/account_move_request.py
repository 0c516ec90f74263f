from odoo import api, fields, models

from ..exceptions import BillingError
from .skydrop_change_request import OPEN_STATES


class AccountMove(models.Model):
    """Requests of customers about an invoice."""

    _inherit = "account.move"

    skydrop_change_request_ids = fields.One2many(
        comodel_name="skydrop.change.request",
        inverse_name="invoice_id",
        string="Change Requests",
        copy=False,
    )
    skydrop_change_request_id = fields.Many2one(
        comodel_name="skydrop.change.request",
        string="Made for Request",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The request that this invoice was prepared for.",
    )
    skydrop_open_request_id = fields.Many2one(
        comodel_name="skydrop.change.request",
        string="Open Request",
        compute="_compute_skydrop_open_request_id",
        compute_sudo=True,
    )

    @api.depends("skydrop_change_request_ids.state")
    def _compute_skydrop_open_request_id(self):
        for move in self:
            move.skydrop_open_request_id = move._skydrop_get_open_request()

    def _post(self, soft=True):
        posted = super()._post(soft)
        # The customer finds the replacement on the request's page; nobody mails it.
        posted.sudo().skydrop_change_request_id.is_unread = True
        return posted

    def _skydrop_get_open_request(self):
        """:return: the request about the invoice that is not closed yet, if any
        :rtype: skydrop.change.request
        """
        self.ensure_one()
        return self.sudo().skydrop_change_request_ids.filtered(
            lambda request: request.state in OPEN_STATES
        )[:1]

    def _skydrop_get_customer(self):
        """:return: the customer whose deposits the invoice has; the receiver may be
            another legal person below it
        :rtype: res.partner
        """
        deposits = self.sudo().skydrop_deposit_ids
        return deposits[:1].commercial_partner_id or self.commercial_partner_id

    def _skydrop_can_be_changed(self):
        """:return: whether the customer may ask to change the invoice"""
        self.ensure_one()
        return (
            self.state == "posted"
            and self.payment_state != "reversed"
            and not self.skydrop_is_replaced
            and self._skydrop_is_deposit_invoice()
        )

    def _skydrop_check_can_be_changed(self):
        """:raise BillingError: ``not_changeable``, names the invoice"""
        if not self._skydrop_can_be_changed():
            raise BillingError(
                "not_changeable",
                self.env._(
                    "%s is not a valid invoice of deposits, so nothing can be changed"
                    " on it.",
                    self.display_name,
                ),
            )

    def _skydrop_get_consequence(self):
        """What happens to the invoice when a request is granted today, by the policy of
        its company.

        :return: ``cancellation``, ``credit_note``, or ``support`` if the customer can
            only write to the support desk
        :rtype: str
        """
        return self.company_id[f"skydrop_policy_{self._skydrop_get_age()}"]

    def _skydrop_get_age(self):
        """:return: ``same_month``, ``later`` or ``after_year``, in the time zone of the
            company's invoicing
        :rtype: str
        """
        self.ensure_one()
        today = self.env["skydrop.deposit"]._get_invoice_date(self.company_id)
        if self.invoice_date.year < today.year:
            return "after_year"
        return "later" if self.invoice_date.month < today.month else "same_month"
