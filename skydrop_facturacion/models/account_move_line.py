from odoo import fields, models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    skydrop_deposit_id = fields.Many2one(
        comodel_name="skydrop.deposit",
        string="Deposit",
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The deposit that this line claims. Kept on reversals, not on duplicates.",
    )
    skydrop_amount = fields.Monetary(
        string="Amount of the Deposit",
        copy=False,
        help="Part of the deposit that the line must add up to, taxes included.",
    )

    def write(self, vals):
        self._skydrop_check_link_stays(vals)
        return super().write(vals)

    def _skydrop_check_link_stays(self, vals):
        """Once posted, the claim of a line is history: a line can be deleted from a
        reset invoice, but not cut from its deposit.

        :raise UserError: names the invoice
        """
        if not {"skydrop_deposit_id", "skydrop_amount"} & vals.keys():
            return
        for line in self:
            deposit_id = vals.get("skydrop_deposit_id", line.skydrop_deposit_id.id)
            amount = vals.get("skydrop_amount", line.skydrop_amount)
            if line.move_id.posted_before and (
                deposit_id != line.skydrop_deposit_id.id
                or line.currency_id.compare_amounts(amount, line.skydrop_amount)
            ):
                raise UserError(
                    self.env._(
                        "The lines of %s keep their deposits. Reset the invoice and"
                        " delete the line, or issue a credit note.",
                        line.move_id.display_name,
                    )
                )

    def _prepare_reconciliation_single_partial(
        self, debit_values, credit_values, shadowed_aml_values=None
    ):
        shares = self.env.context.get("skydrop_shares", {})
        share = shares.get((debit_values["aml"].id, credit_values["aml"].id))
        available = -credit_values["amount_residual_currency"]
        prepare = super()._prepare_reconciliation_single_partial
        if (
            share is None
            or credit_values["aml"].currency_id.compare_amounts(share, available) >= 0
        ):
            return prepare(debit_values, credit_values, shadowed_aml_values)
        # Of a payment that is larger than its deposits, only what is theirs.
        kept = {
            "amount_residual_currency": share - available,
            "amount_residual": credit_values["aml"].company_currency_id.round(
                credit_values["amount_residual"] * (1 - share / available)
            ),
        }
        for key, amount in kept.items():
            credit_values[key] -= amount
        result = prepare(debit_values, credit_values, shadowed_aml_values)
        for key, amount in kept.items():
            credit_values[key] += amount
        return {**result, "credit_values": None}

    def _skydrop_get_matched(self, credit):
        """Return how much of a credit item this receivable item has already taken,
        in the currency of the credit item"""
        partials = self.matched_credit_ids.filtered(
            lambda partial: partial.credit_move_id == credit
        )
        return sum(partials.mapped("credit_amount_currency"))

    def _copy_data_extend_business_fields(self, values):
        # Odoo asks for it on reversal and on "modify", not on duplicate.
        res = super()._copy_data_extend_business_fields(values)
        values["skydrop_deposit_id"] = self.skydrop_deposit_id.id
        values["skydrop_amount"] = self.skydrop_amount
        return res
