import uuid
from contextlib import contextmanager

from odoo import models
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import SQL, config

from odoo.addons.base.models import ir_actions_report

from ..exceptions import PdfBusyError
from ..tools.child_limit import children_limited

# Reports that run no scripts in their pages, so need not wait for any.
REPORTS_WITHOUT_SCRIPTS = (
    "skydrop_facturacion.report_invoice",
    "skydrop_facturacion.report_statement",
)
# Seconds that wkhtmltopdf may take; a statement of 5,000 deposits needs half of them.
TIME_LIMIT = 60
TIME_LIMIT_PARAMETER = "skydrop_facturacion.pdf_seconds"
# How many PDFs a server without workers makes at once.
SLOTS_WITHOUT_WORKERS = 4
SLOT_LOCK = 1_936_419_940  # first key of our advisory locks: any number


class IrActionsReport(models.Model):
    """Our PDFs never stop the server: wkhtmltopdf has a time limit, and one worker is
    always left for pages, whatever the others wait for."""

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
        options = {
            "report_ref": report_ref,
            "landscape": landscape,
            "specific_paperformat_args": specific_paperformat_args,
            "set_viewport_size": set_viewport_size,
        }
        if not report_ref or (
            self._get_report(report_ref).report_name not in REPORTS_WITHOUT_SCRIPTS
        ):
            return super()._run_wkhtmltopdf(
                bodies, header=header, footer=footer, **options
            )
        with self._skydrop_bound() as report:
            content = super(IrActionsReport, report)._run_wkhtmltopdf(
                [self._skydrop_embed_styles(body) for body in bodies],
                header=header and self._skydrop_embed_styles(header),
                footer=footer and self._skydrop_embed_styles(footer),
                **options,
            )
        # After some failures Odoo goes on with whatever was written.
        if not content.startswith(b"%PDF-"):
            raise UserError(self.env._("The PDF came out empty. Try again."))
        return content

    def _build_wkhtmltopdf_args(
        self,
        paperformat_id,
        landscape,
        specific_paperformat_args=None,
        set_viewport_size=False,
    ):
        """Our own PDFs, which are marked: without the second that Odoo waits for
        scripts before it prints a page."""
        command_args = super()._build_wkhtmltopdf_args(
            paperformat_id,
            landscape,
            specific_paperformat_args=specific_paperformat_args,
            set_viewport_size=set_viewport_size,
        )
        mark = self.env.context.get("skydrop_mark")
        if mark:
            # A cookie that nobody reads: the process is known by it.
            command_args += ["--cookie", "skydrop", mark]
            command_args += ["--javascript-delay", "1"]
        return command_args

    def _skydrop_is_patched(self):
        """Return whether wkhtmltopdf repeats the head of a table on each page, and
        prints page numbers"""
        return ir_actions_report._wkhtml().is_patched_qt

    # ------------------------------------------------------------------
    # Bounds
    # ------------------------------------------------------------------

    @contextmanager
    def _skydrop_bound(self):
        """While inside, wkhtmltopdf is ended when it takes too long, for which Odoo
        raises a ``UserError``.

        :return: the report to call it with
        :raise PdfBusyError: too many PDFs are being made
        """
        self._skydrop_take_slot()
        mark = f"skydrop-{uuid.uuid4()}"
        with children_limited(self._skydrop_get_time_limit(), mark):
            yield self.with_context(skydrop_mark=mark)

    def _skydrop_get_time_limit(self):
        """:return: the seconds that one PDF may take, by the system parameter
        ``skydrop_facturacion.pdf_seconds``
        """
        parameters = self.env["ir.config_parameter"].sudo()
        text = parameters.get_param(TIME_LIMIT_PARAMETER) or ""
        return int(text) if text.isdecimal() and int(text) else TIME_LIMIT

    def _skydrop_take_slot(self):
        """Take the right to make PDFs until the transaction ends.

        There is one slot less than workers: while all slots hang, pages are still
        answered. That is why nobody waits here, in a worker. An advisory lock, so that
        all workers see it, no row is touched, and a dead worker holds nothing.
        Scheduled jobs have workers of their own and need no slot.

        :raise PdfBusyError: none is free
        """
        if not request or self._skydrop_has_slot():
            return
        workers = config["workers"]
        slots = max(workers - 1, 1) if workers else SLOTS_WITHOUT_WORKERS
        if not self._skydrop_try_slots(slots):
            raise PdfBusyError(
                self.env._("Other PDFs are being made. Try again in a minute.")
            )

    def _skydrop_has_slot(self):
        self.env.cr.execute(
            SQL(
                "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
                " AND pid = pg_backend_pid() AND granted",
                SLOT_LOCK,
            )
        )
        return bool(self.env.cr.fetchone())

    def _skydrop_try_slots(self, count):
        for slot in range(count):
            self.env.cr.execute(
                SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", SLOT_LOCK, slot)
            )
            if self.env.cr.fetchone()[0]:
                return True
        return False
