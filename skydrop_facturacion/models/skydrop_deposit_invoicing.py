import hashlib
import json

from psycopg2.errors import UniqueViolation

from odoo import Command, api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import format_date, format_list

from ..exceptions import BillingError
from ..tools.amount_in_words import amount_in_words
from .skydrop_deposit import OPEN_STATUS


class SkydropDeposit(models.Model):
    """From deposits to an invoice. What is previewed and what is generated come from
    the same methods; each ``_prepare`` writes nothing and can be extended."""

    _inherit = "skydrop.deposit"

    # ------------------------------------------------------------------
    # Create
    # ------------------------------------------------------------------

    def _create_invoices(self, receiver=None, values=None, amounts=None):
        """Generate and post one invoice for what is left to invoice of the deposits.

        :param res.partner receiver: partner of the invoice; by default the customer
        :param dict values: values of ``account.move`` that take precedence over the
            prepared ones
        :param dict amounts: amount to claim by id of deposit, taxes included; by
            default all that is left to invoice
        :return: the posted invoice
        :rtype: account.move
        :raise BillingError: the deposits cannot be invoiced together, or the receiver
            is incomplete
        :raise ConcurrencyError: somebody else just used the same generation key; the
            retry finds the invoice
        """
        self._lock()
        receiver = receiver or self._get_default_receiver()
        self._check_can_be_invoiced(receiver, values)
        return self._create_posted_moves(
            self.company_id, [self._prepare_invoice_values(receiver, values, amounts)]
        )

    def _create_posted_moves(self, company, vals_list):
        """Create and post the invoices of deposits that are locked and checked.

        :param res.company company: the company that issues them
        :param list[dict] vals_list: see ``_prepare_invoice_values``
        :return: the posted invoices, in that order
        :rtype: account.move
        :raise ConcurrencyError: see ``_create_invoices``
        """
        Move = (
            self.env["account.move"]
            .with_company(company)
            .with_context(
                tz=company.skydrop_tz,
                mail_create_nosubscribe=True,
            )
        )
        try:
            moves = Move.create(vals_list)
        except UniqueViolation as error:
            raise ConcurrencyError(str(error)) from error
        moves._post(soft=False)
        self._after_invoices_created(moves)
        return moves

    def _generate_from_preview(
        self, fingerprint, receiver=None, values=None, save=False
    ):
        """Generate what a preview showed, once.

        :param str fingerprint: of the preview, see ``_get_fingerprint``
        :param res.partner receiver: as in the preview
        :param dict values: as in the preview
        :param bool save: correct the receiver too, not only this invoice
        :return: the invoice; the existing one if the preview was invoiced before
        :rtype: account.move
        :raise BillingError: ``changed`` if anything shown has changed since; and as
            ``_create_invoices``
        """
        invoice = self._find_generated(fingerprint)
        if invoice:
            return invoice
        self._lock()
        document = self.env["skydrop.invoice.document"]._from_deposits(
            self, receiver, values
        )
        if self._get_fingerprint(document) != fingerprint:
            raise BillingError(
                "changed",
                self.env._(
                    "Something changed since you saw the preview. Check the new one"
                    " and generate the invoice from it."
                ),
            )
        # Of a draft whose lines somebody deleted: it is no longer that invoice.
        bereft = self.env["account.move"].search(
            [("skydrop_generation_key", "=", fingerprint)]
        )
        bereft.sudo().skydrop_generation_key = False
        bereft.flush_recordset(["skydrop_generation_key"])
        if save:
            receiver = self._save_receiver(receiver, values)
        values = {**(values or {}), "skydrop_generation_key": fingerprint}
        return self._create_invoices(receiver, values)

    def _find_generated(self, fingerprint):
        """:return: the customer's invoice that was generated from a preview, if any"""
        return self.env["account.move"].search(
            [
                ("skydrop_generation_key", "=", fingerprint),
                ("invoice_line_ids.skydrop_deposit_id", "in", self.ids),
            ],
            limit=1,
        )

    def _after_invoices_created(self, moves):
        """Hook: called once, in the transaction that posted the invoices.

        :param account.move moves: the invoices just posted
        """

    # ------------------------------------------------------------------
    # Prepare
    # ------------------------------------------------------------------

    def _prepare_invoice_values(self, receiver, values=None, amounts=None):
        """Values of the invoice; nothing is written.

        :param res.partner receiver: partner of the invoice
        :param dict values: values that take precedence
        :param dict amounts: amount to claim by id of deposit, see ``_create_invoices``
        :rtype: dict
        """
        company, currency = self.company_id, self.currency_id
        amounts = self._get_amounts_to_claim(amounts)
        today = self._get_invoice_date()
        prepared = {
            "move_type": "out_invoice",
            "company_id": company.id,
            "journal_id": company.skydrop_journal_id.id,
            "currency_id": currency.id,
            "partner_id": receiver.id,
            "fiscal_position_id": self._get_fiscal_position(receiver).id,
            "invoice_date": today,
            # Already paid: due on the day of the invoice, no payment term.
            "invoice_payment_term_id": False,
            # Not the user of the portal.
            "invoice_user_id": False,
            "skydrop_payment_form": self._get_payment_form(amounts),
            **(values or {}),
        }
        prepared["invoice_date_due"] = prepared["invoice_date"]
        base_lines = self._prepare_base_lines(
            receiver, prepared["invoice_date"], amounts
        )
        prepared["invoice_line_ids"] = [
            Command.create(
                deposit._prepare_invoice_line_values(
                    receiver, base_line, amounts[deposit.id]
                )
            )
            for deposit, base_line in zip(self, base_lines, strict=True)
        ]
        return prepared

    def _get_amounts_to_claim(self, amounts=None):
        """:return: the amount to claim of each deposit by its id, in their order"""
        amounts = amounts or {}
        return {
            deposit.id: amounts.get(deposit.id, deposit.amount_to_invoice)
            for deposit in self
        }

    def _prepare_invoice_line_values(self, receiver, base_line, amount):
        """Values of the line of one deposit.

        :param res.partner receiver: the line speaks its language
        :param dict base_line: base line of the deposit
        :param float amount: the part of the deposit to claim, taxes included
        :rtype: dict
        """
        self.ensure_one()
        return {
            **self.env["account.tax"]._skydrop_prepare_line_values(base_line),
            "product_id": base_line["product_id"].id,
            "name": self.with_context(lang=receiver.lang)._get_invoice_line_name(),
            "skydrop_deposit_id": self.id,
            "skydrop_amount": amount,
        }

    def _get_invoice_line_name(self):
        """:return: the text of the deposit's invoice line, in the context's language"""
        return self.env._(
            "Deposit %(reference)s of %(date)s",
            reference=self.reference or self.name,
            date=format_date(self.env, self.billing_date),
        )

    def _prepare_base_lines(self, receiver, invoice_date, amounts=None):
        """Base lines for the tax engine: one a deposit, in the order of ``self``.

        :param res.partner receiver: partner of the invoice, for its fiscal position
        :param date invoice_date: day of the exchange rate
        :param dict amounts: amount to claim by id of deposit, see ``_create_invoices``
        :rtype: list[dict]
        """
        company, currency = self.company_id, self.currency_id
        product = company.skydrop_product_id
        return self.env["account.tax"]._skydrop_prepare_gross_base_lines(
            list(self._get_amounts_to_claim(amounts).values()),
            company=company,
            currency=currency,
            product=product,
            taxes=self._get_fiscal_position(receiver).map_tax(
                product.taxes_id._filter_taxes_by_company(company)
            ),
            rate=self.env["res.currency"]._get_conversion_rate(
                from_currency=company.currency_id,
                to_currency=currency,
                company=company,
                date=invoice_date,
            ),
        )

    def _get_fiscal_position(self, receiver):
        """:return: the fiscal position that Odoo finds for the receiver"""
        FiscalPosition = self.env["account.fiscal.position"]
        return FiscalPosition.with_company(self.company_id)._get_fiscal_position(
            receiver
        )

    def _get_default_receiver(self):
        """:return: the partner to invoice unless somebody chooses another"""
        return self.commercial_partner_id._skydrop_get_default_receiver()

    @api.model
    def _get_invoice_date(self, company=None):
        """:return: today in the time zone of the company's invoicing"""
        company = company or self.company_id
        return fields.Date.context_today(self.with_context(tz=company.skydrop_tz))

    def _get_payment_form(self, amounts=None):
        """Payment form of the largest sum; a tie goes to the oldest deposit.

        :param dict amounts: amount to claim by id of deposit, see ``_create_invoices``
        :return: SAT code of c_FormaPago
        :rtype: str
        """
        sums = {}
        amounts = self._get_amounts_to_claim(amounts)
        for deposit in self.sorted(lambda deposit: (deposit.date, deposit.id)):
            form = deposit.payment_form
            sums[form] = sums.get(form, 0.0) + amounts[deposit.id]
        # max() keeps the first of equals, and dictionaries keep their order.
        return max(sums, key=lambda form: self.currency_id.round(sums[form]))

    # ------------------------------------------------------------------
    # Check
    # ------------------------------------------------------------------

    def _check_can_be_invoiced(self, receiver, values=None):
        """Refuse what cannot become one invoice.

        :param res.partner receiver: partner of the invoice
        :param dict values: values of ``account.move`` that were chosen
        :raise BillingError: names the deposits or the field of the receiver
        """
        self._check_billable_together()
        missing = self.company_id._skydrop_get_set_up_issues()
        if missing:
            raise BillingError("not_set_up", "\n".join(missing))
        for field, code, message in self._get_fiscal_issues(receiver, values):
            raise BillingError(code, message, field=field)

    def _check_billable_together(self):
        """Refuse an empty choice, deposits that are not billable, two currencies,
        two companies or two customers.

        :raise BillingError: names the deposits
        """
        if not self:
            raise BillingError(
                "empty", self.env._("Choose at least one deposit to invoice.")
            )
        refused = self._get_unbillable()
        if refused:
            raise BillingError(
                "not_billable",
                self.env._(
                    "These deposits can no longer be invoiced: %s. Choose again.",
                    format_list(self.env, refused.mapped("display_name")),
                ),
            )
        if len(self.currency_id) > 1:
            raise BillingError(
                "mixed_currencies",
                self.env._("An invoice has one currency. Choose deposits of only one."),
            )
        if len(self.company_id) > 1:
            raise BillingError(
                "mixed_companies",
                self.env._("An invoice has one issuer. Choose deposits of only one."),
            )
        if len(self.commercial_partner_id) > 1:
            raise BillingError(
                "mixed_customers",
                self.env._("These deposits belong to more than one customer."),
            )

    def _get_unbillable(self):
        """:return: the deposits of which nothing can be invoiced now"""
        return self.filtered(
            lambda deposit: (
                deposit.invoice_status not in OPEN_STATUS
                or deposit._is_billing_blocked()
                or not deposit.active
            )
        )

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def _get_estimate(self, receiver=None):
        """What the card shows for a choice of deposits; nothing is written.

        :param res.partner receiver: partner of the invoice; by default the customer
        :return: ``count`` (int); ``subtotal``, ``tax`` and ``total`` (strings with two
            decimals); ``currency`` (ISO code); ``amount_in_words``; ``warnings``
        :rtype: dict
        :raise BillingError: the deposits cannot be invoiced together
        """
        self._check_billable_together()
        receiver = receiver or self._get_default_receiver()
        currency = self.currency_id
        subtotal, tax = self.env["account.tax"]._skydrop_get_totals(
            self._prepare_base_lines(receiver, self._get_invoice_date())
        )
        total = currency.round(subtotal + tax)
        issues = receiver._skydrop_get_receiver_issues()
        return {
            "count": len(self),
            "subtotal": f"{subtotal:.2f}",
            "tax": f"{tax:.2f}",
            "total": f"{total:.2f}",
            "currency": currency.name,
            "amount_in_words": amount_in_words(total, currency.name),
            "warnings": [message for _field, _code, message in issues],
        }

    def _get_fingerprint(self, document):
        """Digest of everything that a preview shows, and of the claims the deposits
        already had: the same choice after a cancellation is a new invoice.

        :param dict document: from ``skydrop.invoice.document``
        :rtype: str
        """
        shown = {
            **document,
            "company": self.company_id.id,
            "currency": document["currency"].name,
            "customer": self.commercial_partner_id.id,
            "receiver_id": document["receiver_partner"].id,
            "claims": sorted(self.sudo().invoice_line_ids.ids),
        }
        shown.pop("receiver_partner")
        canonical = json.dumps(shown, sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()
