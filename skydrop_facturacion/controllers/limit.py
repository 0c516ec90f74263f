from odoo.fields import Domain
from odoo.http import request

from .billing import SkydropBilling


class SkydropLimit(SkydropBilling):
    """The month limit on the page of the ticks."""

    def _prepare_billing_values(self, page, currency_code, choice_key):
        return {
            **super()._prepare_billing_values(page, currency_code, choice_key),
            **self._prepare_limit_values(),
        }

    def _prepare_limit_values(self):
        """How long the customer's oldest deposit can still be invoiced, and which ones
        no longer can."""
        Deposit = request.env["skydrop.deposit"].sudo()
        company = request.env.company.sudo()
        if company.skydrop_billing_limit == "none":
            return {"deadline": "", "late_months": []}
        oldest = Deposit.search(
            self._get_billable_domain(), order="billing_date", limit=1
        )
        late = Deposit.search(
            self._get_movements_domain() & Domain("billing_block", "=", "limit"),
            limit=self._movements_per_page,
        )
        return {
            "deadline": oldest
            and company._skydrop_get_deadline_message(oldest.billing_date),
            "late_months": list(
                late.grouped(lambda deposit: deposit._get_limit_reason()).items()
            ),
        }
