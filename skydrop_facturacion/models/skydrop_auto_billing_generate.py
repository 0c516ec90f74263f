import logging
import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every

from .account_move import FROZEN_FIELDS
from .skydrop_auto_billing_cron import (
    BATCH_SIZE,
    SMALL_BATCH_SIZE,
    TRANSIENT_ERRORS,
)
from .skydrop_auto_billing_failure import NO_FAILURE

_logger = logging.getLogger(__name__)

MAX_INVOICES_IN_A_ROW = 60  # of one rule; more would be a mistake


class SkydropAutoBilling(models.Model):
    """From rules that are due to posted invoices: many customers at once."""

    _inherit = "skydrop.auto.billing"

    def _generate_due(self, today, one_by_one=False):
        """Make the invoices that are due, as many as fit into one transaction; the
        rules that did not fit stay due.

        :param date today: in the zone of the company, which all rules share
        :param bool one_by_one: one invoice only, so that what comes before one that
            fails is kept
        :return: ``moves`` (the invoices), ``failed`` (int), ``idle`` (ids of rules
            that had nothing to invoice), ``left`` (whether more is due)
        :rtype: dict
        """
        planned = self._plan_invoices(today)
        failures = self._find_failures(planned, today)
        room = 1 if one_by_one else BATCH_SIZE
        chosen, values, is_left = [], {}, False
        for rule, invoices in planned.items():
            if rule in failures:
                continue
            if invoices and not room:
                is_left = True
                continue
            fitting = min(room, MAX_INVOICES_IN_A_ROW - rule.unfinished_count)
            taken, left = invoices[:fitting], invoices[fitting:]
            room -= len(taken)
            chosen += taken
            is_left = is_left or bool(left)
            values[rule] = {
                "next_date": rule._get_next_date_after(left, today),
                "unfinished_count": rule.unfinished_count + len(taken) if left else 0,
            }
        moves = self._make_invoices(chosen)
        self._mark_done(values)
        self._register_failures(failures)
        return {
            "moves": moves,
            "failed": len(failures),
            "idle": [rule.id for rule in values if not planned[rule]],
            "left": is_left,
        }

    def _generate_apart(self, today):
        """Make the invoices of rules that failed together: ten rules at a time, those
        of a ten that fails one by one until the one that fails is found. Savepoints
        instead of transactions keep in memory what each invoice needs to know of the
        company.

        :param date today: in the zone of the company, which all rules share
        :return: see ``_generate_due``
        :rtype: dict
        """
        done = []
        waiting = list(split_every(SMALL_BATCH_SIZE, self.ids, self.browse))
        while waiting:
            together = waiting.pop(0)
            if 1 < len(together) < len(self):
                try:
                    with self.env.cr.savepoint():
                        done.append(together._generate_due(today))
                    continue
                except TRANSIENT_ERRORS:
                    raise
                except Exception as error:
                    _logger.info(
                        "Automatic invoicing redoes %s: %s", together.ids, error
                    )
            tried = together._generate_until_one_fails(today)
            done += tried
            if len(tried) < len(together):
                waiting.insert(0, together[len(tried) :])
        return {
            "moves": self.env["account.move"].concat(*[each["moves"] for each in done]),
            "failed": sum(each["failed"] for each in done),
            "idle": [rule_id for each in done for rule_id in each["idle"]],
            "left": any(each["left"] for each in done),
        }

    def _generate_until_one_fails(self, today):
        """:return: what was done for each of the first rules, see ``_generate_due``
        :rtype: list[dict]
        """
        done = []
        for rule in self:
            done.append(rule._generate_alone(today, one_by_one=True))
            if done[-1]["failed"]:
                break
        return done

    def _generate_alone(self, today, one_by_one=False):
        """Make the invoices of one rule, or note why they cannot be made.

        :param date today: in the zone of the company
        :param bool one_by_one: see ``_generate_due``
        :return: see ``_generate_due``
        :rtype: dict
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                return self._generate_due(today, one_by_one)
        except TRANSIENT_ERRORS:
            raise
        except Exception as error:
            _logger.warning(
                "Automatic invoicing failed for rule %s", self.id, exc_info=True
            )
            self._register_failures({self: [self._explain(error)]})
        nothing = self.env["account.move"]
        return {"moves": nothing, "failed": 1, "idle": [], "left": False}

    def _find_failures(self, planned, today):
        """Return ``{rule: [(code, message), …]}`` of the rules that cannot invoice,
        as far as that is known before anything is created"""
        failures = {}
        company_issues = self._get_company_issues(today)
        for rule, invoices in planned.items():
            if not invoices:
                continue
            # In words of the customer's language.
            local = rule.with_context(lang=rule.partner_id.lang or self.env.lang)
            issues = local._get_issues(invoices, company_issues)
            if not issues and rule.unfinished_count >= MAX_INVOICES_IN_A_ROW:
                issues = [local._explain_runaway()]
            if issues:
                failures[rule] = issues
        return failures

    def _explain_runaway(self):
        return (
            "runaway",
            self.env._(
                "%s invoices were generated in a row, and there is still more to"
                " invoice. Check the deposits, then try again.",
                MAX_INVOICES_IN_A_ROW,
            ),
        )

    def _explain(self, error):
        """:return: code and sentence for an error that nobody foresaw"""
        self.ensure_one()
        if isinstance(error, UserError):
            return "refused", str(error)
        env = self.with_context(lang=self.partner_id.lang or self.env.lang).env
        message = env._(
            "The invoice could not be generated because of an unexpected error"
            " (%(error)s). The server's log of %(time)s UTC says more.",
            error=type(error).__name__,
            time=fields.Datetime.now(),
        )
        return "unexpected", message

    # ------------------------------------------------------------------
    # Invoices
    # ------------------------------------------------------------------

    def _make_invoices(self, planned):
        """:param list[PlannedInvoice] planned: what to make, in the order of numbers
        :return: the posted invoices
        :rtype: account.move
        """
        if not planned:
            return self.env["account.move"]
        moves = self.env["skydrop.deposit"]._create_invoices_in_batch(
            self.company_id,
            [
                (
                    each.deposits,
                    each.rule.receiver_id,
                    each.rule._prepare_move_values(each),
                    each.amounts,
                )
                for each in planned
            ],
        )
        self._after_automatic_invoices(moves)
        return moves

    def _prepare_move_values(self, planned):
        """Values of an automatic invoice beside those of every deposit invoice; the
        fiscal data are frozen right away.

        :rtype: dict
        """
        self.ensure_one()
        fiscal = planned.rule.receiver_id._skydrop_receiver_values()
        return {
            **{name: fiscal[key] for key, name in FROZEN_FIELDS.items()},
            "skydrop_payment_method": "PUE",
            "skydrop_auto_billing_id": self.id,
            "invoice_date": planned.invoice_date,
        }

    def _after_automatic_invoices(self, moves):
        """Hook: called once a batch, in the transaction that posted the invoices."""
        company = self.company_id
        if not company.restrictive_audit_trail:
            # Instead of a note per field.
            note = self.env._("Generated by automatic invoicing and posted.")
            moves._message_log_batch(dict.fromkeys(moves.ids, note))
        if company.skydrop_auto_billing_send:
            moves._skydrop_queue_mail()

    def _mark_done(self, values):
        """Note that rules have run without a problem.

        :param dict values: ``{rule: values to write}``
        """
        now = fields.Datetime.now()
        for rule, rule_values in values.items():
            rule.write({**NO_FAILURE, **rule_values, "last_run": now})
        recovered = self.browse().concat(*values).filtered("failure_notified")
        recovered._end_failure()

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    def action_run(self):
        """Generate now what is due of these rules, problems forgotten; a rule that
        fails hurts no other. Many rules are left to the scheduled job.

        :return: a notification with what was done
        :rtype: dict
        :raise AccessError: the user may not change the rules
        """
        self.check_access("write")
        rules = self.sudo().filtered("active")
        rules._lock()
        rules._clear_failure()
        if len(rules) > BATCH_SIZE:
            return self._notify_user(
                "info", self.env._("The invoices are generated in the background.")
            )
        generated = failed = 0
        for company, same_company in rules.grouped("company_id").items():
            moves, problems = same_company._for_automatic_work(company)._run_now()
            generated += moves
            failed += problems
        return self._notify_user(
            "warning" if failed else "success",
            self.env._(
                "Invoices generated: %(generated)s. Customers with a problem:"
                " %(failed)s.",
                generated=generated,
                failed=failed,
            ),
        )

    def _run_now(self):
        """Run each rule of one company in this transaction.

        :return: the number of invoices, and that of rules that failed
        :rtype: tuple[int, int]
        """
        today = self._get_today(self.company_id)
        moves, failed = self.env["account.move"], 0
        started = time.monotonic()
        for rule in self:
            is_left = True
            while is_left:
                done = rule._generate_alone(today)
                moves += done["moves"]
                failed += done["failed"]
                is_left = done["left"]
        if moves or failed:
            Run = self.env["skydrop.auto.billing.run"]
            run = Run._begin(self.company_id.id)
            run._add(moves, failed, time.monotonic() - started)
        return len(moves), failed

    def _lock(self):
        """Wait for the rows: the scheduled job may be at them."""
        if self.ids:
            self.env.cr.execute(
                "SELECT id FROM skydrop_auto_billing WHERE id IN %s ORDER BY id"
                " FOR UPDATE",
                [tuple(self.ids)],
            )

    @api.model
    def _notify_user(self, kind, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
