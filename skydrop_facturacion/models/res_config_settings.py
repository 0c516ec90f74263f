from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    skydrop_support_email = fields.Char(
        related="company_id.skydrop_support_email", readonly=False
    )
    skydrop_tz = fields.Selection(related="company_id.skydrop_tz", readonly=False)
    skydrop_product_id = fields.Many2one(
        related="company_id.skydrop_product_id", readonly=False
    )
    skydrop_journal_id = fields.Many2one(
        related="company_id.skydrop_journal_id", readonly=False
    )
    skydrop_reconcile = fields.Boolean(
        related="company_id.skydrop_reconcile", readonly=False
    )
    skydrop_help_url = fields.Char(
        related="company_id.skydrop_help_url", readonly=False
    )
    skydrop_set_up_issues = fields.Text(compute="_compute_skydrop_set_up_issues")
    skydrop_set_up_warnings = fields.Text(compute="_compute_skydrop_set_up_issues")

    @api.depends(
        "company_id.chart_template", "skydrop_product_id", "skydrop_journal_id"
    )
    def _compute_skydrop_set_up_issues(self):
        for settings in self:
            settings.skydrop_set_up_issues = "\n".join(
                settings.company_id._skydrop_get_set_up_issues()
            )
            settings.skydrop_set_up_warnings = "\n".join(
                settings.company_id._skydrop_get_set_up_warnings()
            )
