from datetime import timedelta

from markupsafe import Markup

from odoo import models
from odoo.fields import Domain

from ..tools import billing_windows


class SkydropAutoBilling(models.Model):
    """Automatic invoicing under the month limit: what counts is the date of the
    invoice. Dated on the last day of its window it is in time, although it is made a
    day later; dated after the limit it leaves the older deposits to a person, who is
    told once.
    """

    _inherit = "skydrop.auto.billing"

    # ------------------------------------------------------------------
    # Plan
    # ------------------------------------------------------------------

    def _get_open_deposits(self, today):
        # Each invoice is judged by its own date, not by today.
        rules = self.with_context(skydrop_past_limit=True)
        return super(SkydropAutoBilling, rules)._get_open_deposits(today)

    def _get_open_domain(self, today):
        """Leave out what no invoice of today could take, however far back its date."""
        domain = super()._get_open_domain(today)
        earliest = today - timedelta(days=billing_windows.MAX_DAYS_BACK)
        first = self.company_id._skydrop_get_first_billable_day(earliest)
        return domain & Domain("billing_date", ">=", first) if first else domain

    def _plan_window(self, window, deposits, get_date):
        day = window.last if window else max(deposits.mapped("billing_date"))
        first = self.company_id._skydrop_get_first_billable_day(get_date(day))
        if first:
            deposits = deposits.filtered(lambda deposit: deposit.billing_date >= first)
        return super()._plan_window(window, deposits, get_date) if deposits else []

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------

    def _mark_done(self, values):
        res = super()._mark_done(values)
        finished = [
            rule
            for rule, rule_values in values.items()
            if not rule_values["unfinished_count"]
        ]
        self.browse().concat(*finished)._tell_past_limit()
        return res

    def _tell_past_limit(self):
        """Tell the person in charge which deposits rules have left, each once."""
        late = self._get_left_past_limit()
        for rule in self:
            left = late.filtered(
                lambda deposit, rule=rule: (
                    deposit.commercial_partner_id == rule.commercial_partner_id
                    and deposit.billing_date >= rule.covered_from
                )
            )
            if left:
                rule._notify_past_limit(left)
                left.limit_notified = True

    def _get_left_past_limit(self):
        """Return the deposits of the rules' customers that are past the limit and that
        nobody was told about yet"""
        nothing = self.env["skydrop.deposit"]
        first = self and self.company_id._skydrop_get_first_billable_day()
        if not first:
            return nothing
        return nothing.search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("commercial_partner_id", "in", self.commercial_partner_id.ids)
            & Domain("limit_notified", "=", False)
            & nothing._get_block_domains()["limit"],
            order="date, id",
        ).filtered(lambda deposit: self._get_automatic_amount(deposit) > 0)

    def _notify_past_limit(self, deposits):
        """One activity, without the mail that Odoo would send for it."""
        self.ensure_one()
        user = self.company_id._skydrop_get_automatic_user()
        env = self.with_context(lang=user.lang).env
        note = env._(
            "Past the month limit, so automatic invoicing leaves them to you:"
            " invoice them by hand if they shall be invoiced."
        )
        self.with_context(
            mail_activity_quick_update=True, lang=user.lang
        ).activity_schedule(
            "mail.mail_activity_data_warning",
            user_id=user.id,
            summary=env._("Deposits past the month limit"),
            note=Markup("<p>%s</p><ul>%s</ul>")
            % (
                note,
                Markup().join(
                    Markup("<li>%s</li>") % deposit._get_limit_line()
                    for deposit in deposits.with_env(env)
                ),
            ),
        )
