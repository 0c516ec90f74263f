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

    def _copy_data_extend_business_fields(self, values):
        # Odoo asks for it on reversal and on "modify", not on duplicate.
        res = super()._copy_data_extend_business_fields(values)
        values["skydrop_deposit_id"] = self.skydrop_deposit_id.id
        values["skydrop_amount"] = self.skydrop_amount
        return res
