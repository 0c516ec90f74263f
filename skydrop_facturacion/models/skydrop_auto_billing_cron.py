import logging
import math
import random
import time
from dataclasses import dataclass, field
from datetime import date

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

BATCH_SIZE = 50  # rules, and at most as many invoices, of one transaction
SMALL_BATCH_SIZE = 10  # rules of one savepoint, once a batch failed
MAX_TRIES = 5  # of a batch that others got in the way of
JOBS = 8  # scheduled actions that can work at once; the settings choose how many do
# Somebody else was at the same rows: no fault of a customer, so tried again.
TRANSIENT_ERRORS = (TransactionRollbackError, LockNotAvailable, ConcurrencyError)


@dataclass
class Work:
    """What one call of the job does for one company.

    :ivar bool windows: claim rules whose window is over
    :ivar bool deposits: claim rules by deposit that have deposits
    :ivar bool failed: claim rules that failed and whose next try is due, or those in
        good health
    :ivar set put_off: ids of rules that this call claims no more
    :ivar int run_id: its ``skydrop.auto.billing.run``, once there is something to tell
    :ivar float seconds_left: until the time of the job is over
    :ivar bool again: something is left to do that this call did not finish
    """

    company_id: int
    today: date
    windows: bool = True
    deposits: bool = False
    failed: bool = False
    put_off: set = field(default_factory=set)
    run_id: int | None = None
    seconds_left: float = math.inf
    again: bool = False


class SkydropAutoBilling(models.Model):
    """The scheduled job. Several may work at once: each claims rules by locking their
    rows, makes the invoices of one batch and commits."""

    _inherit = "skydrop.auto.billing"

    # ------------------------------------------------------------------
    # Job
    # ------------------------------------------------------------------

    @api.model
    def _cron_generate_invoices(self):
        """Generate what is due, in batches of one transaction each, until nothing is
        left or the time of the job is over; whatever interrupts it, the next run goes
        on where the last commit was."""
        commit_progress = self.env["ir.cron"]._commit_progress
        companies = self.env["res.company"].search(
            [("id", "in", self._search([]).subselect("company_id"))], order="id"
        )
        works = [
            (
                self._for_automatic_work(company),
                Work(company.id, self._get_today(company)),
            )
            for company in companies
        ]
        # A claim has to be the first statement of its transaction: nothing is read
        # between this commit and the first one.
        commit_progress(remaining=1)
        for rules, work in works:
            if not rules._work_off(work):
                return
        commit_progress(remaining=int(any(work.again for _rules, work in works)))

    @api.model
    def _for_automatic_work(self, company):
        """Return the model in the company's zone and language, without tracking per
        field unless the company keeps a restrictive audit trail"""
        context = {
            "tz": company.skydrop_tz,
            "lang": company.partner_id.lang or self.env.lang,
            "mail_create_nosubscribe": True,
        }
        if not company.restrictive_audit_trail:
            context["tracking_disable"] = True
        return self.with_company(company).with_context(**context)

    def _work_off(self, work):
        """Do the windows that are over, then the rules by deposit, then what failed
        before, one by one: it may fail again.

        :return: False when the time of the job is over
        """
        for windows, deposits, failed in (
            (True, False, False),
            (False, True, False),
            (True, True, True),
        ):
            work.windows, work.deposits, work.failed = windows, deposits, failed
            while self._run_batch(work, 1 if failed else BATCH_SIZE):
                if not work.seconds_left:
                    return False
        return True

    # ------------------------------------------------------------------
    # Batches
    # ------------------------------------------------------------------

    def _run_batch(self, work, limit, failed=()):
        """Claim rules, make their invoices and commit.

        When that fails, the transaction is rolled back and the same rules are redone,
        so that the one that fails hurts no other.

        :param int limit: number of rules
        :param list[int] failed: ids of the rules to redo, see ``_generate_apart``
        :return: whether there were rules to claim
        :rtype: bool
        """
        cr = self.env.cr
        claimed = []
        for attempt in range(MAX_TRIES):
            started = time.monotonic()
            try:
                claimed = self._claim(work, limit, failed)
                if not claimed:
                    cr.rollback()  # the next claim needs a transaction of its own
                    return False
                rules = self.browse(claimed)
                generate = rules._generate_apart if failed else rules._generate_due
                self._finish_batch(work, len(claimed), generate(work.today), started)
                return True
            except TRANSIENT_ERRORS as error:
                cr.rollback()
                _logger.info("Automatic invoicing gives way to others: %s", error)
                time.sleep(random.uniform(0.05, 0.2) * (attempt + 1))
            except Exception as error:
                cr.rollback()
                if not claimed:
                    raise
                if not failed:
                    _logger.info("Automatic invoicing redoes %s: %s", claimed, error)
                    self._run_batch(work, limit, claimed)
                    return True
                # What fails at the commit is nobody's, and waits apart from the others.
                _logger.exception("Automatic invoicing failed for rules %s", claimed)
                break
        # Its turn comes with the next call of the job.
        work.put_off.update(claimed)
        work.again = True
        return bool(claimed)

    def _finish_batch(self, work, claimed, done, started):
        """Commit a batch together with what the record of the run says about it.

        :param int claimed: number of rules
        :param dict done: see ``_generate_due``
        :param float started: monotonic time
        """
        Run = self.env["skydrop.auto.billing.run"].sudo()
        run = Run.browse(work.run_id)
        if not run and (done.get("moves") or done.get("failed")):
            run = Run._continue_or_begin(work.company_id)
        if run:
            seconds = time.monotonic() - started
            run._add(done.get("moves"), done.get("failed", 0), seconds)
        run_id = run.id
        work.seconds_left = self.env["ir.cron"]._commit_progress(claimed, remaining=1)
        work.run_id = run_id
        work.put_off.update(done.get("idle", ()))
        if work.failed and done.get("left"):
            work.again = True  # no failure any more: the first round goes on with it

    def _claim(self, work, limit, only=()):
        """Lock rules that are due and that nobody else works at.

        The rows are locked by the statement that finds them, the first one of its
        transaction, so that it sees what others have committed.

        :return: their ids, the longest overdue first
        :rtype: list[int]
        """
        conditions = [
            SQL("rule.active"),
            SQL("rule.company_id = %s", work.company_id),
            self._get_due_condition(work),
            SQL("rule.retry_date <= %s", fields.Datetime.now())
            if work.failed
            else SQL("rule.last_error IS NULL"),
        ]
        if work.put_off:
            conditions.append(SQL("rule.id != ALL(%s)", list(work.put_off)))
        if only:
            conditions.append(SQL("rule.id = ANY(%s)", list(only)))
        self.env.cr.execute(
            SQL(
                "SELECT rule.id FROM skydrop_auto_billing rule WHERE %s"
                " ORDER BY rule.next_date, rule.id LIMIT %s FOR UPDATE SKIP LOCKED",
                SQL(" AND ").join(conditions),
                limit,
            )
        )
        return [rule_id for (rule_id,) in self.env.cr.fetchall()]

    def _get_due_condition(self, work):
        due = []
        if work.windows:
            due.append(
                SQL("rule.mode != 'deposit' AND rule.next_date <= %s", work.today)
            )
        if work.deposits:
            due.append(
                SQL(
                    """rule.mode = 'deposit' AND EXISTS (
                    SELECT FROM skydrop_deposit deposit
                     WHERE deposit.commercial_partner_id = rule.commercial_partner_id
                       AND deposit.company_id = rule.company_id
                       AND deposit.invoice_status IN ('to_invoice', 'partial')
                       AND deposit.billing_date BETWEEN rule.covered_from AND %s
                       AND deposit.amount_to_invoice > deposit.amount_freed
                       AND deposit.limit_notified IS NOT TRUE)""",
                    work.today,
                )
            )
        return SQL("(%s)", SQL(" OR ").join(due))

    # ------------------------------------------------------------------
    # Triggers
    # ------------------------------------------------------------------

    @api.model
    def _get_jobs(self):
        """:return: the scheduled actions of automatic invoicing, the first one first"""
        crons = [
            self.env.ref(f"skydrop_facturacion.ir_cron_auto_billing_{number}", False)
            for number in range(1, JOBS + 1)
        ]
        return self.env["ir.cron"].sudo().concat(*[cron for cron in crons if cron])

    @api.model
    def _trigger_jobs(self):
        """Wake the jobs up: something may be due."""
        for cron in self._get_jobs().filtered("active"):
            cron._trigger()
