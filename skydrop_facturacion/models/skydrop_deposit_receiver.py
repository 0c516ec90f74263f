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

    def _get_fiscal_issues(self, receiver, values=None):
        """What would keep the invoice of these deposits from being a correct CFDI; what
        addons say of an invoice is heard before it exists.

        :param res.partner receiver: partner of the invoice
        :param dict values: values of ``account.move`` that were chosen
        :return: see ``account.move._skydrop_fiscal_issues``
        """
        fiscal = self._get_fiscal_values(receiver, values)
        issues = receiver._skydrop_check_receiver_values(fiscal)
        known = {issue[:2] for issue in issues}
        # In memory only. It carries no lines: nobody adds up anything from it.
        move = self.env["account.move"].new(
            {
                "move_type": "out_invoice",
                "company_id": self.company_id.id,
                "currency_id": self.currency_id.id,
                "partner_id": receiver.id,
                **(values or {}),
                **{FROZEN_FIELDS[key]: fiscal[key] for key in FROZEN_FIELDS},
            }
        )
        return issues + [
            issue for issue in move._skydrop_fiscal_issues() if issue[:2] not in known
        ]

    def _save_receiver(self, receiver, values=None):
        """Keep for the next invoices what was corrected for this one.

        :return: the receiver of the invoice: another one if its RFC was corrected
        :rtype: res.partner
        :raise BillingError: see ``res.partner._skydrop_correct_receiver``
        """
        receiver = receiver or self._get_default_receiver()
        fiscal = self._get_fiscal_values(receiver, values)
        return receiver._skydrop_correct_receiver(fiscal)
