"""The windows of automatic invoicing: which days one invoice covers, and when and with
which date it is generated (design, "Dates").

Pure functions on days in the company's invoicing zone; nothing here knows Odoo.
"""

from datetime import date, timedelta
from typing import NamedTuple

ONE_DAY = timedelta(days=1)
MAX_DAYS_BACK = 3  # of an invoice dated on the last day of its window


class Window(NamedTuple):
    """The days that one invoice covers, both ends included."""

    first: date
    last: date

    @property
    def generated(self):
        """The day on which its invoice is generated: the day after the last one."""
        return self.last + ONE_DAY


def month_start(day):
    """The first day of the month of ``day``."""
    return day.replace(day=1)


def window_of(mode, start, period_days, day):
    """The window that contains a day.

    :param str mode: ``total`` (calendar months) or ``period``
    :param date start: first day of window 1; of no meaning to ``total``
    :param int period_days: length of the windows of ``period``
    :param date day: a day; one before ``start`` belongs to window 1
    :rtype: Window
    """
    if mode == "total":
        first = month_start(day)
        return Window(first, month_start(first + timedelta(days=31)) - ONE_DAY)
    number = max((day - start).days, 0) // period_days
    first = start + number * timedelta(days=period_days)
    return Window(first, first + timedelta(days=period_days - 1))


def next_windows(mode, start, period_days, next_date, count):
    """The window generated on ``next_date`` and the ones after it.

    :param date next_date: the day after the last day of the first window wanted
    :param int count: how many
    :rtype: list[Window]
    """
    windows = []
    day = next_date - ONE_DAY
    for _number in range(count):
        window = window_of(mode, start, period_days, day)
        windows.append(window)
        day = window.generated
    return windows


def due_windows(mode, start, period_days, next_date, today, days):
    """The windows to invoice today, oldest first, each with what goes into it.

    A window takes all that is dated on or before its last day and that no window took
    before; an empty one is passed over. So each window that an outage missed gets its
    own invoice, and what was confirmed late goes into the next one.

    :param date next_date: the day on which the next window is generated
    :param date today: windows whose generation day is later are not due
    :param list[date] days: one a deposit, in ascending order
    :return: ``(window, begin, end)``: the deposits ``days[begin:end]``
    :rtype: iterator of tuple
    """
    begin = 0
    while begin < len(days) and next_date <= today:
        window = window_of(mode, start, period_days, next_date - ONE_DAY)
        if days[begin] > window.last:
            # The windows up to the one of the oldest deposit are empty.
            window = window_of(mode, start, period_days, days[begin])
            if window.generated > today:
                return
        end = begin
        while end < len(days) and days[end] <= window.last:
            end += 1
        yield window, begin, end
        begin = end
        next_date = window_of(mode, start, period_days, window.generated).generated


def next_date_after(mode, start, period_days, next_date, today):
    """The first day later than ``today`` on which a window is generated.

    :param date next_date: the day on which the next window is generated
    :rtype: date
    """
    if next_date > today:
        return next_date
    return window_of(mode, start, period_days, today).generated


def invoice_date(day, today, is_open):
    """The date of an automatic invoice.

    :param date day: the last day of the window; by deposit the day of the deposit
    :param date today: the day on which it is generated
    :param is_open: function of a day: whether the accounting periods of that day are
        open; Odoo would move the accounting date silently
    :return: ``day`` if it is at most three days back and open, else ``today``
    :rtype: date
    """
    if 0 <= (today - day).days <= MAX_DAYS_BACK and is_open(day):
        return day
    return today
