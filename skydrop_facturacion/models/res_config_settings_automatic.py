from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import config

from .skydrop_auto_billing_cron import JOBS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    skydrop_auto_billing_user_id = fields.Many2one(
        related="company_id.skydrop_auto_billing_user_id", readonly=False
    )
    skydrop_auto_billing_warn = fields.Boolean(
        related="company_id.skydrop_auto_billing_warn", readonly=False
    )
    skydrop_auto_billing_send = fields.Boolean(
        related="company_id.skydrop_auto_billing_send", readonly=False
    )
    skydrop_auto_billing_jobs = fields.Integer(
        string="Parallel Jobs of Automatic Invoicing",
        help="How many scheduled actions generate invoices at once. The server has to"
        " run as many cron threads.",
    )

    @api.model
    def get_values(self):
        jobs = self.env["skydrop.auto.billing"]._get_jobs()
        return {
            **super().get_values(),
            "skydrop_auto_billing_jobs": len(jobs.filtered("active")),
        }

    def set_values(self):
        res = super().set_values()
        jobs = self.env["skydrop.auto.billing"]._get_jobs()
        if self.skydrop_auto_billing_jobs != len(jobs.filtered("active")):
            self._skydrop_set_jobs(jobs)
        return res

    def _skydrop_set_jobs(self, jobs):
        """:raise UserError: more jobs than the server can run at once"""
        most = min(config["max_cron_threads"], JOBS)
        count = self.skydrop_auto_billing_jobs
        if not 0 <= count <= most:
            raise UserError(
                self.env._(
                    "This server runs at most %s jobs at once: choose a number from 0"
                    " to that, or raise max_cron_threads in its configuration.",
                    most,
                )
            )
        for number, cron in enumerate(jobs, start=1):
            if cron.active != (number <= count):
                cron.active = number <= count
