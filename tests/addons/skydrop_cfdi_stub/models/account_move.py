from odoo import fields, models


class AccountMove(models.Model):
    """The invoice carries the fact, is refused without it, and has one more file."""

    _inherit = "account.move"

    stub_cfdi_email = fields.Char(string="E-mail for CFDI", copy=False)

    def _skydrop_invoice_fiscal_values(self):
        values = super()._skydrop_invoice_fiscal_values()
        current = self.partner_id._skydrop_receiver_values()
        return {**values, "cfdi_email": self.stub_cfdi_email or current["cfdi_email"]}

    def _skydrop_fiscal_issues(self):
        issues = super()._skydrop_fiscal_issues()
        if not self._skydrop_invoice_fiscal_values()["cfdi_email"]:
            issues.append(("cfdi_email", "missing", "Falta el correo para el CFDI."))
        return issues

    def _skydrop_freeze(self):
        res = super()._skydrop_freeze()
        fiscal = self._skydrop_invoice_fiscal_values()
        self.stub_cfdi_email = fiscal["cfdi_email"]
        return res

    def _skydrop_fiscal_files(self):
        files = super()._skydrop_fiscal_files()
        if self.state == "posted":
            content = f"{self.name}\n{self.stub_cfdi_email}\n".encode()
            files.append((f"{self.name}.txt".replace("/", "_"), "text/plain", content))
        return files
