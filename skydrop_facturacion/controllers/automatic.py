from werkzeug.exceptions import BadRequest

from odoo.http import request, route

from .choice import SkydropChoice
from .portal import BILLING_URL

AUTOMATIC_URL = f"{BILLING_URL}/automatic"
NEXT_DATES = 3
HISTORY = 12


class SkydropAutomatic(SkydropChoice):
    """The page «Facturación automática»: a plain form."""

    @route(
        AUTOMATIC_URL,
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_automatic(self, saved=None, **kw):
        values = self._prepare_automatic_values()
        values["saved"] = saved if saved in ("on", "off", "retry") else None
        return request.render("skydrop_facturacion.portal_automatic", values)

    @route(
        AUTOMATIC_URL,
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_automatic_save(self, mode=None, period_days=None, **post):
        """Save the rule, switch it off, or have it tried again.

        The form's ``receiver_id`` is one of the customer's receivers, ``pending`` is
        set to include what waits to be invoiced, ``retry`` is set by its button.

        :param str mode: ``off`` or a mode of the rule
        :param str period_days: of mode ``period``
        """
        rule = self._get_automatic_rule()
        if post.get("retry"):
            rule.filtered("active")._clear_failure()
            return request.redirect(f"{AUTOMATIC_URL}?saved=retry", code=303)
        if mode == "off":
            if rule.active:
                rule.active = False
            return request.redirect(f"{AUTOMATIC_URL}?saved=off", code=303)
        Rule = request.env["skydrop.auto.billing"].sudo()
        if mode not in self._get_keys(Rule, "mode") or (
            mode == "period" and period_days not in self._get_keys(Rule, "period_days")
        ):
            raise BadRequest()
        Rule._switch_on(
            request.env.user.partner_id.sudo(),
            request.env.company.sudo(),
            mode,
            period_days=period_days if mode == "period" else None,
            receiver=self._get_chosen_receiver(post.get("receiver_id")),
            include_pending=bool(post.get("pending")),
        )
        return request.redirect(f"{AUTOMATIC_URL}?saved=on", code=303)

    @route(
        f"{AUTOMATIC_URL}/preview",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_automatic_preview(self, **kw):
        """The next invoice as it would be with what is deposited today."""
        rule = self._get_automatic_rule().filtered("active")
        planned = rule and self._get_upcoming(rule)
        if not planned:
            return request.redirect(AUTOMATIC_URL)
        Document = request.env["skydrop.invoice.document"].sudo()
        values = {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_automatic"),
            "automatic_url": AUTOMATIC_URL,
            "documents": [
                Document._from_deposits(
                    each.deposits,
                    rule.receiver_id,
                    {"invoice_date": each.invoice_date},
                    each.amounts,
                )
                for each in planned
            ],
        }
        return request.render("skydrop_facturacion.portal_automatic_preview", values)

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------

    def _get_automatic_rule(self):
        """Return the customer's rule with ``sudo``, off or on; empty if there never
        was one"""
        return (
            request.env["skydrop.auto.billing"]
            .sudo()
            ._get_rule(request.env.user.partner_id, request.env.company)
        )

    def _get_chosen_receiver(self, receiver_id):
        """:return: one of the customer's receivers; None if none was chosen
        :raise BadRequest: no number
        :raise NotFound: not one of theirs
        """
        if not receiver_id:
            return None
        return self._get_receiver(*self._parse_ids([receiver_id]))

    def _get_keys(self, model, field):
        return dict(model._fields[field].selection)

    def _get_upcoming(self, rule):
        company = rule.company_id
        return rule.with_company(company)._get_upcoming()

    def _prepare_automatic_values(self):
        rule = self._get_automatic_rule()
        is_on = bool(rule.active)
        receivers = self._get_customer()._skydrop_get_receivers()
        receiver = rule.receiver_id or self._get_default_receiver()
        return {
            **self._prepare_portal_layout_values(),
            **self._prepare_skydrop_layout_values("skydrop_automatic"),
            "automatic_url": AUTOMATIC_URL,
            "rule": rule,
            "mode": rule.mode if is_on else "off",
            "receivers": receivers,
            "receiver": receiver,
            "receiver_issues": receiver._skydrop_get_receiver_issues(),
            "pending": self._get_pending(rule),
            "upcoming": self._get_upcoming(rule) if is_on else [],
            "windows": rule._get_next_windows(NEXT_DATES) if is_on else [],
            "problem": rule._get_customer_error() if is_on else "",
            "invoices": rule.invoice_ids.filtered("posted_before").sorted("id")[
                : -HISTORY - 1 : -1
            ],
        }

    def _get_pending(self, rule):
        """:return: ``(currency, deposits)`` of what is not covered, and waits"""
        company = request.env.company.sudo()
        covered_from = rule._get_covered_from(rule.mode or "deposit", company)
        pending = rule._get_pending_deposits(
            request.env.user.partner_id.sudo(), company, covered_from
        )
        return list(pending.grouped("currency_id").items())
