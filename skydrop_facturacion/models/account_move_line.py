from odoo import fields, models


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

    def _copy_data_extend_business_fields(self, values):
        # Odoo asks for it on reversal and on "modify", not on duplicate.
        res = super()._copy_data_extend_business_fields(values)
        values["skydrop_deposit_id"] = self.skydrop_deposit_id.id
        values["skydrop_amount"] = self.skydrop_amount
        return res
