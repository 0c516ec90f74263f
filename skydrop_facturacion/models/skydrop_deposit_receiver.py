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

    @api.model
    def _prepare_corrections(self, receiver, typed):
        """Values of the invoice for what somebody typed about its receiver.

        :param res.partner receiver: partner of the invoice
        :param dict typed: strings by the keys of ``_skydrop_receiver_values``
        :return: the frozen fields of the invoice; empty if they say what the receiver
            says
        :rtype: dict
        """
        values, _suffix = receiver._skydrop_tidy_receiver_values(typed)
        if receiver._skydrop_has_values(values):
            return {}
        return {FROZEN_FIELDS[key]: value for key, value in values.items()}

    def _get_correction_issues(self, receiver, values, confirmed_rfc=""):
        """Judge the receiver as the invoice would carry it; what is stored already has
        had its check digit confirmed.

        :param res.partner receiver: partner of the invoice
        :param dict values: values of ``account.move`` that were chosen
        :param str confirmed_rfc: RFC whose check digit somebody says is right
        :return: see ``res.partner._skydrop_check_typed_values``
        """
        fiscal = self._get_fiscal_values(receiver, values)
        if fiscal["rfc"] == receiver._skydrop_receiver_values()["rfc"]:
            confirmed_rfc = fiscal["rfc"]
        issues = receiver._skydrop_check_typed_values(fiscal, confirmed_rfc)
        known = {issue[:2] for issue in issues}
        return issues + [
            issue
            for issue in self._get_fiscal_issues(receiver, values)
            if issue[:2] not in known
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
