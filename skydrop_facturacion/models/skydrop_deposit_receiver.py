from odoo import api, models

from .account_move import FROZEN_FIELDS


class SkydropDeposit(models.Model):
    """Whom an invoice of deposits is made out to, as corrected in its preview."""

    _inherit = "skydrop.deposit"

    @api.model
    def _get_fiscal_values(self, receiver, values=None):
        """Fiscal data of an invoice that does not exist yet: the receiver's, and in
        their place what was corrected for this invoice.

        :param res.partner receiver: partner of the invoice
        :param dict values: values of ``account.move`` that were chosen
        :return: see ``res.partner._skydrop_receiver_values``
        :rtype: dict[str, str]
        """
        values = values or {}
        return {
            key: values.get(FROZEN_FIELDS[key], value)
            if key in FROZEN_FIELDS
            else value
            for key, value in receiver._skydrop_receiver_values().items()
        }

    def _save_receiver(self, receiver, values=None):
        """Keep for the next invoices what was corrected for this one.

        :return: the receiver of the invoice: another one if its RFC was corrected
        :rtype: res.partner
        :raise BillingError: see ``res.partner._skydrop_correct_receiver``
        """
        receiver = receiver or self._get_default_receiver()
        fiscal = self._get_fiscal_values(receiver, values)
        return receiver._skydrop_correct_receiver(fiscal)
