from odoo import models

# Reports that run no scripts in their pages, so need not wait for any.
REPORTS_WITHOUT_SCRIPTS = ("skydrop_facturacion.report_invoice",)


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _run_wkhtmltopdf(self, bodies, report_ref=False, **kwargs):
        if report_ref and (
            self._get_report(report_ref).report_name in REPORTS_WITHOUT_SCRIPTS
        ):
            self = self.with_context(skydrop_no_scripts=True)
        return super()._run_wkhtmltopdf(bodies, report_ref=report_ref, **kwargs)

    def _build_wkhtmltopdf_args(self, *args, **kwargs):
        """Drop the second that Odoo waits for scripts before it prints a page."""
        command_args = super()._build_wkhtmltopdf_args(*args, **kwargs)
        if self.env.context.get("skydrop_no_scripts"):
            command_args += ["--javascript-delay", "1"]
        return command_args
