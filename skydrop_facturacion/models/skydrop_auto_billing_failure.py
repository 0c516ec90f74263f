from datetime import timedelta

from odoo import api, fields, models

# Until the next try, by the number of failures; then daily.
RETRY_AFTER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
NO_FAILURE = {
    "last_error": False,
    "last_error_code": False,
    "failure_count": 0,
    "retry_date": False,
}
# What the customer can mend alone; the rest is the company's.
CUSTOMER_CODES = ("receiver",)


class SkydropAutoBilling(models.Model):
    """What becomes of a rule that could not invoice: words, the next try, a person who
    knows."""

    _inherit = "skydrop.auto.billing"

    # ------------------------------------------------------------------
    # Failure
    # ------------------------------------------------------------------

    def _register_failures(self, failures):
        """Note why rules failed and when they are tried again; tell the person in
        charge, and the customer if the company wants it, once until it succeeds.

        :param dict failures: ``{rule: [(code, message), …]}``
        """
        now = fields.Datetime.now()
        for rule, issues in failures.items():
            rule.write(
                {
                    "last_error": "\n".join(message for _code, message in issues),
                    "last_error_code": issues[0][0],
                    "failure_count": rule.failure_count + 1,
                    "retry_date": rule._get_retry_date(issues[0][0], now),
                    "last_run": now,
                }
            )
        news = (
            self.browse()
            .concat(*failures)
            .filtered(lambda rule: not rule.failure_notified)
        )
        news._notify_failure()
        news.write({"failure_notified": True})

    def _get_retry_date(self, code, now):
        """:return: the time of the next try; False if a person has to look first"""
        self.ensure_one()
        if code == "runaway":
            return False
        return now + RETRY_AFTER[min(self.failure_count, len(RETRY_AFTER) - 1)]

    def _notify_failure(self):
        """One activity a rule, without the mail that Odoo would send for each."""
        for rule in self:
            user = rule.company_id._skydrop_get_automatic_user()
            rule.with_context(
                mail_activity_quick_update=True, lang=user.lang
            ).activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=rule.with_context(lang=user.lang).env._(
                    "Automatic invoicing failed"
                ),
                note=rule.last_error,
            )
            if rule.company_id.skydrop_auto_billing_warn:
                rule._warn_customer()

    def _warn_customer(self):
        """Queue the mail that tells the customer; one without an address is told by
        the page alone."""
        self.ensure_one()
        template = self.env.ref(
            "skydrop_facturacion.mail_template_auto_billing_failed", False
        )
        if template and self._get_customer_emails():
            template.send_mail(
                self.id,
                email_values={
                    "email_to": self._get_customer_emails(),
                    "skydrop_is_retried": True,
                },
            )

    def _get_customer_emails(self):
        """:return: the customer's address, or those of its portal users"""
        self.ensure_one()
        customer = self.partner_id
        partners = (
            customer if customer.email else customer.child_ids.filtered("user_ids")
        )
        return ", ".join(filter(None, partners.mapped("email_formatted")))

    def _get_customer_error(self):
        """Return the problem in words for the customer, who need not know about the
        company's accounting; empty without one"""
        self.ensure_one()
        if not self.last_error:
            return ""
        if self.last_error_code in CUSTOMER_CODES:
            return self.last_error
        return self.env._(
            "Your invoice could not be generated. We know, and will see to it; your"
            " deposits are untouched."
        )

    # ------------------------------------------------------------------
    # Recovery
    # ------------------------------------------------------------------

    def _clear_failure(self):
        """Start anew at once: somebody mended the cause, or changed the rule."""
        self.write({**NO_FAILURE, "unfinished_count": 0})
        self._trigger_jobs()

    def _end_failure(self):
        """The rules have succeeded: nothing is left to do for a person."""
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self.write({"failure_notified": False})

    def action_retry(self):
        """Have the scheduled job try again now.

        :raise AccessError: the user may not change the rules
        """
        self.check_access("write")
        self._clear_failure()

    @api.model
    def _retry_after_mending(self, receivers):
        """Retry the rules whose receivers were just corrected."""
        rules = self.search(
            [("receiver_id", "in", receivers.ids), ("last_error", "!=", False)]
        )
        if rules:
            rules._clear_failure()
