from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models

from ..exceptions import RegisterError

CONTENT = (
    *("partner_id", "amount", "currency", "date"),
    *("origin", "payment_form", "payment_id"),
)


class SkydropDeposit(models.Model):
    """What the rows of a registration name, and whether it fits.

    Each step is given all rows, asks the database once, and notes on each row what it
    found.
    """

    _inherit = "skydrop.deposit"

    @api.model
    def _check_rows(self, rows):
        """Find out what the rows are about.

        :raise RegisterError: with the findings of all rows, if there are any
        """
        now = fields.Datetime.now()
        for row in rows:
            row.check_not_future(now)
        self._resolve_currencies(rows)
        self._resolve_partners(rows)
        self._match_registered(rows)
        self._check_row_payments(rows)
        translate = self.env._
        findings = [
            {
                "index": row.index,
                "reference": row.reference,
                "field": field,
                "message": message if isinstance(message, str) else translate(message),
            }
            for row in rows
            for field, message in row.findings
        ]
        if findings:
            raise RegisterError(self._get_refusal(rows), findings)

    @api.model
    def _get_refusal(self, rows):
        return self.env._(
            "Nothing was registered: %(bad)s of %(all)s deposits cannot be taken as"
            " they are. Correct them and send the call again.",
            bad=len([row for row in rows if row.findings]),
            all=len(rows),
        )

    @api.model
    def _resolve_currencies(self, rows):
        """Turn codes into currencies; without one it is the company's."""
        currencies = {
            currency.name: currency for currency in self.env["res.currency"].search([])
        }
        default = self.env.company.currency_id
        for row in rows:
            code = row.values.get("currency", default.name)
            currency = row.values["currency"] = currencies.get(code)
            if not currency:
                row.refuse(
                    "currency",
                    self.env._(
                        "There is no active currency “%s”: use a code such as MXN.",
                        code,
                    ),
                )
            elif "amount" in row.values:
                amount = float(row.values["amount"])
                if currency.compare_amounts(currency.round(amount), amount):
                    row.refuse(
                        "amount", self.env._("%s has too many decimals for it.", code)
                    )

    @api.model
    def _resolve_partners(self, rows):
        """Turn ids and references into customers that the company may use."""
        by_id, by_ref = self._find_partners(rows)
        for row in rows:
            key = "partner_id" if "partner_id" in row.values else "partner_ref"
            value = row.values.pop(key, None)
            if value is None:
                continue
            found = (by_id if key == "partner_id" else by_ref).get(value, ())
            if len(found) == 1:
                row.values["partner_id"] = found[0]
            elif found:
                row.refuse(
                    key, self.env._("Several customers have the reference %s.", value)
                )
            else:
                row.refuse(key, self.env._("There is no customer %s.", value))

    @api.model
    def _find_partners(self, rows):
        """Return the customers named by the rows, by id and by reference: lists of
        one, or of several when it is not clear which is meant"""
        ids = {row.values.get("partner_id") for row in rows}
        refs = {row.values.get("partner_ref") for row in rows}
        partners = (
            self.env["res.partner"]
            .with_context(active_test=False)
            .search(
                [
                    "|",
                    ("id", "in", list(ids - {None})),
                    ("ref", "in", list(refs - {None})),
                    ("company_id", "in", [False, self.env.company.id]),
                ]
            )
        )
        by_id = {partner.id: [partner] for partner in partners}
        by_ref = partners.grouped("ref")
        for ref, found in by_ref.items():
            # An archived namesake is of no account beside one in use.
            by_ref[ref] = found.filtered("active") or found
        return by_id, by_ref

    @api.model
    def _match_registered(self, rows):
        """Find the deposits that are registered already, and rows that say the same
        reference twice; what differs from the first is refused."""
        by_reference = defaultdict(list)
        for row in rows:
            if "reference" in row.values:
                by_reference[row.values["reference"]].append(row)
        known = self._find_registered(by_reference)
        for reference, (first, *others) in by_reference.items():
            deposit = known.get(reference)
            if deposit:
                for row in (first, *others):
                    row.deposit = deposit
                    self._compare(row, self._get_content(deposit), deposit.name)
                continue
            for row in others:
                row.repeats = first
                there = self.env._("row %s of this call", first.index)
                self._compare(row, first.values, there)

    @api.model
    def _find_registered(self, references):
        """:return: dict of the company's deposits by reference, archived ones too"""
        deposits = self.with_context(active_test=False).search(
            [
                ("company_id", "=", self.env.company.id),
                ("reference", "in", list(references)),
            ]
        )
        return {deposit.reference: deposit for deposit in deposits}

    def _get_content(self, deposit):
        """:return: what is registered of a deposit, in the terms of a row"""
        return {
            "partner_id": deposit.partner_id,
            "amount": round(Decimal(str(deposit.amount)), 2),
            "currency": deposit.currency_id,
            "date": deposit.date.replace(microsecond=0),
            "origin": deposit.origin,
            "payment_form": deposit.payment_form,
            "payment_id": deposit.payment_id.id,
        }

    @api.model
    def _compare(self, row, content, there):
        """Refuse what differs from the content registered under the same reference.

        :param str there: names what has that content, for the message
        """
        if row.findings:  # what could not be read would only seem to differ
            return
        for key in CONTENT:
            sent, value = row.values[key], content.get(key)
            if sent == value or (key == "payment_id" and not sent):
                # A payment may have been linked in Odoo after the first call.
                continue
            row.refuse(
                key,
                self.env._(
                    "Reference %(reference)s is registered with other content:"
                    " %(field)s is %(value)s in %(there)s. Send it as it"
                    " is there, or use another reference.",
                    reference=row.reference,
                    field=key,
                    value=self._describe(value),
                    there=there,
                ),
            )

    @api.model
    def _describe(self, value):
        """A registered value as a message shows it."""
        if isinstance(value, models.BaseModel):
            return value.display_name if value._name == "res.currency" else value.id
        return value or self.env._("empty")

    @api.model
    def _check_row_payments(self, rows):
        """Each payment is one of the customer, and covers the deposits it paid."""
        new = [row for row in rows if row.is_new and row.values.get("payment_id")]
        payments = self.env["account.payment"].search(
            [
                ("id", "in", [row.values["payment_id"] for row in new]),
                ("company_id", "=", self.env.company.id),
            ]
        )
        by_payment = defaultdict(list)
        for row in new:
            by_payment[row.values["payment_id"]].append(row)
        paid = self._get_deposited(payments)
        by_id = {payment.id: payment for payment in payments}
        for payment_id, group in by_payment.items():
            payment = by_id.get(payment_id)
            amount = sum(float(row.values.get("amount", 0)) for row in group)
            for row in group:
                problem = self._get_payment_problem(
                    payment,
                    row.values.get("partner_id"),
                    row.values.get("currency"),
                    paid.get(payment, 0.0) + amount,
                )
                if problem:
                    row.refuse("payment_id", problem)

    @api.model
    def _get_deposited(self, payments):
        """:return: dict payment → sum of its deposits that are not cancelled"""
        groups = self.with_context(active_test=False)._read_group(
            [("payment_id", "in", payments.ids), ("state", "!=", "cancelled")],
            ["payment_id"],
            ["amount:sum"],
        )
        return dict(groups)

    @api.model
    def _get_payment_problem(self, payment, partner, currency, deposited):
        """:return: why the payment cannot be that of a deposit, or ``None``

        :param account.payment payment: what was found, ``None`` if nothing was
        :param res.partner partner: the customer, ``None`` if that is not known
        :param res.currency currency: the deposit's, ``None`` if that is not known
        :param float deposited: sum of all deposits of the payment
        """
        if not payment:
            return self.env._("There is no such payment in this company.")
        if (payment.payment_type, payment.partner_type) != ("inbound", "customer"):
            return self.env._("%s is not a customer's payment.", payment.display_name)
        customer = payment.partner_id.commercial_partner_id
        if partner and customer != partner.commercial_partner_id:
            return self.env._("%s is of another customer.", payment.display_name)
        if currency and payment.currency_id != currency:
            return self.env._("%s is in another currency.", payment.display_name)
        if payment.currency_id.compare_amounts(deposited, payment.amount) > 0:
            return self.env._(
                "%(payment)s amounts to %(amount)s, which is less than its deposits.",
                payment=payment.display_name,
                amount=payment.currency_id.format(payment.amount),
            )
        return None
