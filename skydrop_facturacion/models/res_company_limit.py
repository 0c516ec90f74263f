from datetime import timedelta

from odoo import fields, models
from odoo.tools import date_utils, format_date


class ResCompany(models.Model):
    """Until when customers may invoice the deposits of a month.

    Days and months are those of ``skydrop_tz``, as everywhere. The limit depends on
    the day it is asked on, so nothing of it is stored.
    """

    _inherit = "res.company"

    skydrop_billing_limit = fields.Selection(
        selection=[
            ("none", "No limit"),
            ("month", "In the month of the deposit"),
        ],
        string="When Deposits Can Be Invoiced",
        default="none",
        required=True,
        help="Older deposits are shown to the customer, but cannot be ticked.",
    )
    skydrop_billing_grace_days = fields.Integer(
        string="Days of Grace",
        help="How many days of the next month still count.",
    )

    _skydrop_grace_days = models.Constraint(
        "CHECK (skydrop_billing_grace_days BETWEEN 0 AND 366)",
        "The days of grace are a number from 0 to 366.",
    )

    def write(self, vals):
        """With another limit, what automatic invoicing had to leave to a person may be
        its own again."""
        res = super().write(vals)
        if {"skydrop_billing_limit", "skydrop_billing_grace_days"} & vals.keys():
            self.env["skydrop.deposit"].sudo()._forget_past_limit(self)
        return res

    def _skydrop_get_first_billable_day(self, today=None):
        """The first day whose deposits can still be invoiced.

        :param date today: the day of the invoice, by default today in ``skydrop_tz``
        :rtype: date | None
        :return: None without a limit
        """
        self.ensure_one()
        if self.skydrop_billing_limit != "month":
            return None
        today = today or self.env["skydrop.deposit"]._get_invoice_date(self)
        grace = timedelta(days=self.skydrop_billing_grace_days)
        return date_utils.start_of(today - grace, "month")

    def _skydrop_get_last_billing_day(self, day):
        """The last day on which deposits of a day can be invoiced.

        :param date day: a ``billing_date``
        :rtype: date | None
        :return: None without a limit
        """
        self.ensure_one()
        if self.skydrop_billing_limit != "month":
            return None
        grace = timedelta(days=self.skydrop_billing_grace_days)
        return date_utils.end_of(day, "month") + grace

    def _skydrop_get_deadline_message(self, day=None):
        """How long the deposits of a month can still be invoiced, as a sentence.

        :param date day: one of the month; by default of the first month still open
        :rtype: str
        :return: empty without a limit, or once it has passed
        """
        day = day or self._skydrop_get_first_billable_day()
        if not day or self.skydrop_billing_limit != "month":
            return ""
        today = self.env["skydrop.deposit"]._get_invoice_date(self)
        days = (self._skydrop_get_last_billing_day(day) - today).days
        month = self._skydrop_format_month(day)
        if days > 1:
            return self.env._(
                "You have %(days)s days left to invoice %(month)s.",
                days=days,
                month=month,
            )
        if days == 1:
            return self.env._("You have one day left to invoice %s.", month)
        if days == 0:
            return self.env._("Today is the last day to invoice %s.", month)
        return ""

    def _skydrop_format_month(self, day):
        """:return: the name of a month, with its year unless that is this one"""
        this_year = self.env["skydrop.deposit"]._get_invoice_date(self).year
        pattern = "LLLL" if day.year == this_year else "LLLL y"
        return format_date(self.env, day, date_format=pattern)
