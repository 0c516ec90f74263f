from odoo import api, fields, models

LOST_MODELS = ("skydrop.deposit", "skydrop.auto.billing", "skydrop.change.request")


class BaseModuleUninstall(models.TransientModel):
    """Says what is lost with this addon, and what stays."""

    _inherit = "base.module.uninstall"

    skydrop_warning = fields.Text(
        string="What Is Lost with Deposits", compute="_compute_skydrop_warning"
    )

    @api.depends("module_ids")
    def _compute_skydrop_warning(self):
        for wizard in self:
            names = wizard._get_modules().mapped("name")
            wizard.skydrop_warning = (
                wizard._skydrop_get_warning()
                if "skydrop_facturacion" in names
                else False
            )

    @api.model
    def _skydrop_get_warning(self):
        """:return: the numbers of records that go and of invoices that stay
        :rtype: str
        """
        deposits, rules, requests = (
            self.env[name].sudo().with_context(active_test=False).search_count([])
            for name in LOST_MODELS
        )
        invoices = (
            self.env["account.move"]
            .sudo()
            .search_count([("invoice_line_ids.skydrop_deposit_id", "!=", False)])
        )
        return self.env._(
            "%(deposits)s deposits, %(rules)s rules of automatic invoicing and"
            " %(requests)s requests will be deleted for good. Their %(invoices)s"
            " invoices, with their PDFs, payments and customers, stay; which deposit"
            " an invoice was for is then known from the text of its lines only. Make"
            " a backup first.",
            deposits=deposits,
            rules=rules,
            requests=requests,
            invoices=invoices,
        )
