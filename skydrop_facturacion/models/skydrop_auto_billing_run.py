from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.constants import GC_UNLINK_LIMIT

KEPT_DAYS = 400
# A job is called again and again while there is work: one run to whoever reads it.
SAME_RUN = timedelta(minutes=2)


class SkydropAutoBillingRun(models.Model):
    """What one run of automatic invoicing did in one company."""

    _name = "skydrop.auto.billing.run"
    _description = "Run of Automatic Invoicing"
    _order = "date desc, id desc"
    _rec_name = "date"

    date = fields.Datetime(
        string="Started", required=True, default=fields.Datetime.now, index=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    cron_id = fields.Integer(
        string="Scheduled Action", help="0: somebody pressed a button."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Run By",
        default=lambda self: self.env.user,
        index=True,
    )
    generated = fields.Integer(string="Invoices")
    amount = fields.Monetary(help="Total of the invoices in the company's currency.")
    failed = fields.Integer(string="Customers with a Problem")
    seconds = fields.Float(string="Duration (s)", digits=(16, 2))

    @api.model
    def _begin(self, company_id):
        """:return: a new run of the company"""
        return self.create(
            {"company_id": company_id, "cron_id": self.env.context.get("cron_id", 0)}
        )

    @api.model
    def _continue_or_begin(self, company_id):
        """Return the run that the same scheduled action has just worked at, or a new
        one"""
        run = self.search(
            [
                ("company_id", "=", company_id),
                ("cron_id", "=", self.env.context.get("cron_id", 0)),
                ("write_date", ">=", fields.Datetime.now() - SAME_RUN),
            ],
            limit=1,
        )
        return run or self._begin(company_id)

    def _add(self, moves, failed, seconds):
        """Add what a batch did.

        :param account.move moves: the invoices
        :param int failed: number of rules that failed
        :param float seconds: how long it took
        """
        self.ensure_one()
        moves = moves or self.env["account.move"]
        self.write(
            {
                "generated": self.generated + len(moves),
                "amount": self.amount + sum(moves.mapped("amount_total_signed")),
                "failed": self.failed + failed,
                "seconds": self.seconds + seconds,
            }
        )

    @api.autovacuum
    def _gc_runs(self):
        """Runs are kept for 400 days."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        runs = self.search([("date", "<", limit)], limit=GC_UNLINK_LIMIT)
        runs.unlink()
        return len(runs), len(runs) == GC_UNLINK_LIMIT
