import pytz

from odoo import fields, models
from odoo.tools import email_normalize

# The issuer needs no use of the CFDI.
ISSUER_FIELDS = ("rfc", "legal_name", "zip", "fiscal_regime")


class ResCompany(models.Model):
    """The checks of the guided set-up. Each judges with the very methods that refuse
    or warn elsewhere, and answers with whether it is in order (None: for a person to
    decide) and a sentence."""

    _inherit = "res.company"

    skydrop_support_email_confirmed = fields.Char(
        string="Confirmed Support Address",
        copy=False,
        help="The support address as an administrator confirmed it last.",
    )

    def _skydrop_check_set_up_support(self):
        support = email_normalize(self.skydrop_support_email)
        if not support:
            return self._skydrop_check_support_address(support)
        if support == self.skydrop_support_email_confirmed:
            return True, self.env._("Customers write to %s, confirmed.", support)
        return False, self.env._(
            "Customers write to %s, and their requests are mailed there: confirm the"
            " address, or change it.",
            support,
        )

    def _skydrop_check_set_up_company(self):
        partner = self.partner_id
        issues = [
            message
            for field, _code, message in partner._skydrop_get_receiver_issues()
            if field in ISSUER_FIELDS
        ]
        if not (partner.street and partner.city and partner.country_id):
            issues.append(
                self.env._("Street, city and country of the company are not complete.")
            )
        return not issues, " ".join(issues) or self.env._(
            "%(company)s, RFC %(rfc)s, postcode %(zip)s.",
            company=partner.skydrop_legal_name,
            rfc=partner.vat,
            zip=partner.zip,
        )

    def _skydrop_check_set_up_chart(self):
        issues = self._skydrop_get_chart_issues()
        template = self.env["account.chart.template"]
        name = dict(template._select_chart_template()).get(self.chart_template)
        return not issues, " ".join(issues) or self.env._(
            "Chart of accounts: %s.", name or self.chart_template
        )

    def _skydrop_check_set_up_product(self):
        issues = (
            self._skydrop_get_product_issues() + self._skydrop_get_set_up_warnings()
        )
        return not issues, " ".join(issues) or self.env._(
            "Product %(product)s with %(taxes)s.",
            product=self.skydrop_product_id.display_name,
            taxes=", ".join(self._skydrop_get_product_taxes().mapped("name")),
        )

    def _skydrop_check_set_up_journal(self):
        journal = self.skydrop_journal_id
        issues = self._skydrop_get_journal_issues()
        if journal and not journal.active:
            issues.append(
                self.env._(
                    "Journal %s is archived: restore it, or choose another in"
                    " Settings.",
                    journal.display_name,
                )
            )
        return not issues, " ".join(issues) or self.env._(
            "Invoices are numbered in journal %s.", journal.display_name
        )

    def _skydrop_check_set_up_zone(self):
        country = self.country_id.code
        if country and self.skydrop_tz not in pytz.country_timezones.get(country, ()):
            return None, self.env._(
                "Days and months are those of %(zone)s, which is not in %(country)s.",
                zone=self.skydrop_tz,
                country=self.country_id.name,
            )
        return True, self.env._("Days and months are those of %s.", self.skydrop_tz)

    def _skydrop_check_set_up_mail(self):
        """In short what the checklist of the settings says at length."""
        sender = self._skydrop_get_request_sender()
        servers = self.env["ir.mail_server"].sudo().search([("active", "=", True)])
        checks = [
            self._skydrop_check_sender(sender),
            self._skydrop_check_from_filter(servers, sender),
        ]
        states = [state for state, _sentence in checks]
        state = False if False in states else all(states) or None
        return state, " ".join(sentence for _state, sentence in checks)

    def _skydrop_check_set_up_demo(self):
        Move = self.env["account.move"].sudo()
        invoice = Move.search(
            [
                ("company_id", "=", self.id),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("line_ids.skydrop_deposit_id", "!=", False),
            ],
            order="id",
            limit=1,
        )
        if invoice:
            return True, self.env._("The first invoice is made: %s.", invoice.name)
        return None, self.env._(
            "See the invoice that a deposit of 1,160.00 would become; nothing is"
            " written. Then sign in as a customer, and generate one."
        )
