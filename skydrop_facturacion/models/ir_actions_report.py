from odoo import models

# Reports that run no scripts in their pages, so need not wait for any.
REPORTS_WITHOUT_SCRIPTS = (
    "skydrop_facturacion.report_invoice",
    "skydrop_facturacion.report_statement",
)


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _run_wkhtmltopdf(
        self,
        bodies,
        report_ref=False,
        header=None,
        footer=None,
        landscape=False,
        specific_paperformat_args=None,
        set_viewport_size=False,
    ):
        report = self
        if report_ref and (
            self._get_report(report_ref).report_name in REPORTS_WITHOUT_SCRIPTS
        ):
            report = self.with_context(skydrop_no_scripts=True)
        return super(IrActionsReport, report)._run_wkhtmltopdf(
            bodies,
            report_ref=report_ref,
            header=header,
            footer=footer,
            landscape=landscape,
            specific_paperformat_args=specific_paperformat_args,
            set_viewport_size=set_viewport_size,
        )

    def _build_wkhtmltopdf_args(
        self,
        paperformat_id,
        landscape,
        specific_paperformat_args=None,
        set_viewport_size=False,
    ):
        """Drop the second that Odoo waits for scripts before it prints a page."""
        command_args = super()._build_wkhtmltopdf_args(
            paperformat_id,
            landscape,
            specific_paperformat_args=specific_paperformat_args,
            set_viewport_size=set_viewport_size,
        )
        if self.env.context.get("skydrop_no_scripts"):
            command_args += ["--javascript-delay", "1"]
        return command_args
