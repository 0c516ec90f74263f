from odoo import api, fields, models

from ..tools import sat

CATALOGS = {
    "fiscal_regime": sat.FISCAL_REGIMES,
    "cfdi_use": sat.CFDI_USES,
    "payment_form": sat.PAYMENT_FORMS,
}


class SkydropChangeRequestLine(models.Model):
    """One difference that the customer asks for: field, old value, new value."""

    _name = "skydrop.change.request.line"
    _description = "Change of a Request"
    _order = "id"

    request_id = fields.Many2one(
        comodel_name="skydrop.change.request",
        required=True,
        index=True,
        ondelete="cascade",
    )
    field = fields.Selection(
        selection=[
            ("receiver", "Receiver"),
            ("legal_name", "Legal Name"),
            ("rfc", "RFC"),
            ("fiscal_regime", "Fiscal Regime"),
            ("zip", "Fiscal Postcode"),
            ("cfdi_use", "CFDI Use"),
            ("payment_form", "Form of Payment"),
            ("note", "Note"),
            ("deposits", "Deposits"),
        ],
        required=True,
    )
    old_value = fields.Char(help="As on the invoice; codes are those of the SAT.")
    new_value = fields.Char(help="As the customer wants it.")
    old_label = fields.Char(string="Is", compute="_compute_labels")
    new_label = fields.Char(string="Shall Be", compute="_compute_labels")

    @api.depends("field", "old_value", "new_value")
    def _compute_labels(self):
        for line in self:
            line.old_label = line._get_label(line.old_value)
            line.new_label = line._get_label(line.new_value)

    def _get_label(self, value):
        """:return: a code with its official name, any other value as it is"""
        catalog = CATALOGS.get(self.field, {})
        if value in catalog:
            return f"{value} {sat.name_of(catalog, value)}"
        return value or ""

    def _get_field_label(self):
        """:return: the name of the field in the context's language"""
        labels = self._fields["field"]._description_selection(self.env)
        return dict(labels)[self.field]
