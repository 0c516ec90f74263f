import logging
import re
from calendar import monthrange
from datetime import date
from urllib.parse import urlencode

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request, route

from ..exceptions import BillingError
from . import pace
from .movements import MOVEMENTS_URL, SkydropMovements

_logger = logging.getLogger(__name__)

MAX_DAYS = 366
MAX_DEPOSITS = 5000  # about half a minute of wkhtmltopdf
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class SkydropStatement(SkydropMovements):
    """The PDF «Estado de depósitos» of a period."""

    @route(
        f"{MOVEMENTS_URL}/statement",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_my_statement(self, date_from="", date_to="", **kw):
        """The PDF, or a page that says why there is none.

        :param str date_from: first day, ``YYYY-MM-DD``
        :param str date_to: last day; where both are missing, this month is meant
        """
        try:
            first, last = self._parse_period(date_from, date_to)
            count = self._check_statement_size(first, last)
        except BillingError as error:
            return self._render_statement_error(error, date_from, date_to, 400)
        wait = pace.spend(pace.get_document_cost(count))
        if wait:
            return pace.refuse_page(wait, self._prepare_statement_wait(first, last))
        try:
            content = self._render_statement(first, last)
        except (UserError, OSError):
            _logger.exception("The statement of deposits could not be made")
            error = BillingError(
                "pdf_failed",
                request.env._(
                    "The PDF could not be made just now. Try again in a few minutes."
                ),
            )
            return self._render_statement_error(error, date_from, date_to, 503)
        name = request.env._(
            "Statement of deposits %(date_from)s to %(date_to)s",
            date_from=first.isoformat(),
            date_to=last.isoformat(),
        )
        return self._make_download(f"{name}.pdf", "application/pdf", content)

    # ------------------------------------------------------------------
    # The period
    # ------------------------------------------------------------------

    def _parse_period(self, date_from, date_to):
        """Read both days; one that is missing is taken from the month of the other.

        :rtype: tuple[date, date]
        :raise BillingError: no dates, in the wrong order or too far apart
        """
        if not date_from and not date_to:
            return self._get_this_month()
        last = date_to and self._parse_date(date_to)
        first = self._parse_date(date_from) if date_from else last.replace(day=1)
        last = last or first.replace(day=monthrange(first.year, first.month)[1])
        if last < first:
            raise BillingError(
                "reversed",
                request.env._("The first day must not be later than the last day."),
            )
        if (last - first).days >= MAX_DAYS:
            raise BillingError(
                "too_long",
                request.env._("A statement covers %s days at most.", MAX_DAYS),
            )
        return first, last

    def _parse_date(self, text):
        error = BillingError(
            "date",
            request.env._(
                "“%s” is not a date. Write year, month and day, as in 2026-01-31.",
                text[:20],
            ),
        )
        if not DATE.fullmatch(text):
            raise error
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise error from None

    def _check_statement_size(self, date_from, date_to):
        """:return: the number of deposits in the period
        :raise BillingError: there are too many
        """
        count = (
            request.env["skydrop.deposit"]
            .sudo()
            .search_count(
                self._get_movements_domain()
                & Domain("billing_date", ">=", date_from)
                & Domain("billing_date", "<=", date_to)
            )
        )
        if count > MAX_DEPOSITS:
            raise BillingError(
                "too_many",
                request.env._(
                    "There are %(count)s deposits in this period, and a statement holds"
                    " %(limit)s. Choose a shorter period.",
                    count=count,
                    limit=MAX_DEPOSITS,
                ),
            )
        return count

    # ------------------------------------------------------------------
    # The answer
    # ------------------------------------------------------------------

    def _render_statement(self, date_from, date_to):
        """:return: the PDF in the language of the user
        :rtype: bytes
        :raise UserError: it cannot be made
        """
        customer = request.env.user.partner_id.commercial_partner_id
        # Forced, since Odoo would make HTML in tests.
        Report = (
            request.env["ir.actions.report"]
            .sudo()
            .with_context(lang=request.env.user.lang, force_report_rendering=True)
        )
        return Report._render_qweb_pdf(
            "skydrop_facturacion.action_report_statement",
            customer.ids,
            data={
                "date_from": date_from.isoformat(),
                "date_to": date_to.isoformat(),
            },
        )[0]

    def _prepare_statement_wait(self, date_from, date_to):
        period = {"date_from": date_from, "date_to": date_to}
        return self._prepare_wait_values(
            "skydrop_movements", f"{MOVEMENTS_URL}/statement?{urlencode(period)}"
        )

    def _render_statement_error(self, error, date_from, date_to, status):
        """The form once more, with what was typed and what is wrong with it."""
        values = {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_movements"),
            "error": str(error),
            "date_from": date_from,
            "date_to": date_to,
        }
        response = request.render("skydrop_facturacion.portal_statement", values)
        response.status_code = status
        return response
