from odoo import api, models
from odoo.tools import split_every

BATCH_SIZE = 1000


class SkydropDeposit(models.Model):
    """Does what is stored still agree with what it was derived from?

    Reads what the database holds, so that damage done in SQL, by a faulty addon or by a
    restored copy is found; repairs nothing.
    """

    _inherit = "skydrop.deposit"

    def _check_consistency(self):
        """Compare deposits, invoice lines, payments and journal items.

        :return: a dictionary for each difference: ``check`` (stable name of the rule),
            ``record`` (deposit or invoice) and ``message`` (a sentence); without
            ``self`` of all deposits of the allowed companies
        :rtype: list[dict]
        """
        self.env.flush_all()
        deposits = self or self.with_context(active_test=False).search(
            [("company_id", "in", self.env.companies.ids)], order="id"
        )
        differences = []
        for ids in split_every(BATCH_SIZE, deposits.ids):
            self.env.invalidate_all()
            batch = self.sudo().browse(ids)
            for check in batch._get_consistency_checks():
                differences += [
                    {"check": check.__name__, "record": record, "message": message}
                    for record, message in check()
                ]
        return differences

    def _get_consistency_checks(self):
        """Return the methods that each yield ``(record, message)`` of what they find
        about ``self``; an addon adds its own"""
        return [
            self._find_wrong_claims,
            self._find_wrong_status,
            self._find_wrong_customer,
            self._find_wrong_day,
            self._find_claims_on_unbillable,
            self._find_unfit_payments,
            self._find_wrong_lines,
            self._find_wrong_totals,
            self._find_wrong_entries,
            self._find_unfrozen_invoices,
            self._find_unsettled_invoices,
        ]

    # ------------------------------------------------------------------
    # Deposits
    # ------------------------------------------------------------------

    def _find_wrong_claims(self):
        for deposit in self:
            claimed, claimed_ever = deposit._get_claims()
            expected = (claimed, min(claimed_ever, deposit.amount) - claimed)
            stored = (deposit.amount_invoiced, deposit.amount_freed)
            if deposit._differ(expected, stored):
                yield (
                    deposit,
                    self.env._(
                        "Deposit %(deposit)s says %(stored)s invoiced and freed, its"
                        " invoices say %(expected)s.",
                        deposit=deposit.display_name,
                        stored=stored,
                        expected=expected,
                    ),
                )

    def _differ(self, amounts, others):
        """:return: whether the amounts differ in the currency of the deposit"""
        return any(
            self.currency_id.compare_amounts(amount, other)
            for amount, other in zip(amounts, others, strict=True)
        )

    def _find_wrong_status(self):
        for deposit in self:
            to_invoice, status = deposit._get_invoice_status()
            if status != deposit.invoice_status or deposit._differ(
                [to_invoice], [deposit.amount_to_invoice]
            ):
                yield (
                    deposit,
                    self.env._(
                        "Deposit %(deposit)s says that %(stored)s is to be invoiced;"
                        " it is %(expected)s.",
                        deposit=deposit.display_name,
                        stored=deposit.currency_id.format(deposit.amount_to_invoice),
                        expected=deposit.currency_id.format(to_invoice),
                    ),
                )

    def _find_wrong_customer(self):
        for deposit in self:
            if deposit.commercial_partner_id != (
                deposit.partner_id.commercial_partner_id
            ):
                yield (
                    deposit,
                    self.env._(
                        "Deposit %s belongs to another company than its customer.",
                        deposit.display_name,
                    ),
                )

    def _find_wrong_day(self):
        for deposit in self:
            if deposit.billing_date != deposit._get_billing_date():
                yield (
                    deposit,
                    self.env._(
                        "Deposit %s is on another day than its payment.",
                        deposit.display_name,
                    ),
                )

    def _find_claims_on_unbillable(self):
        for deposit in self:
            if not (
                deposit._is_confirmed_payment()
                or deposit.currency_id.is_zero(deposit._get_claims()[0])
            ):
                yield (
                    deposit,
                    self.env._(
                        "Deposit %(deposit)s is invoiced in %(invoices)s, but is not a"
                        " confirmed payment.",
                        deposit=deposit.display_name,
                        invoices=deposit._get_invoice_names(),
                    ),
                )

    def _find_unfit_payments(self):
        for deposit in self._get_with_unfit_payment():
            yield (
                deposit,
                self.env._(
                    "Payment %(payment)s does not fit deposit %(deposit)s.",
                    payment=deposit.payment_id.display_name,
                    deposit=deposit.display_name,
                ),
            )

    # ------------------------------------------------------------------
    # Invoices
    # ------------------------------------------------------------------

    def _get_issued(self, move_type="out_invoice"):
        """:return: the posted invoices of the deposits"""
        return self.invoice_ids.filtered(
            lambda move: move.move_type == move_type and move.state == "posted"
        )

    def _find_wrong_lines(self):
        """Lines that are another part of their deposit than they were posted for."""
        for line in self.invoice_line_ids:
            deposit, move = line.skydrop_deposit_id, line.move_id
            if (
                line.parent_state != move.state
                or line.company_id != deposit.company_id
                or line.currency_id != deposit.currency_id
                or (
                    move.move_type == "out_invoice"
                    and move.state == "posted"
                    and deposit._differ([line.price_total], [line.skydrop_amount])
                )
            ):
                yield (
                    move,
                    self.env._(
                        "A line of %(invoice)s does not agree with deposit"
                        " %(deposit)s or with its invoice.",
                        invoice=move.display_name,
                        deposit=deposit.display_name,
                    ),
                )

    def _find_wrong_totals(self):
        for move in self._get_issued():
            expected = sum(move.invoice_line_ids.mapped("skydrop_amount"))
            if move.currency_id.compare_amounts(move.amount_total, expected):
                yield (
                    move,
                    self.env._(
                        "Invoice %(invoice)s amounts to %(total)s, its deposits to"
                        " %(expected)s.",
                        invoice=move.display_name,
                        total=move.currency_id.format(move.amount_total),
                        expected=move.currency_id.format(expected),
                    ),
                )

    def _find_wrong_entries(self):
        """Journal items that do not balance, or claim another sum of the customer."""
        for move in self._get_issued() | self._get_issued("out_refund"):
            receivable = move.line_ids.filtered(
                lambda line: line.account_id.account_type == "asset_receivable"
            )
            sign = 1 if move.move_type == "out_invoice" else -1
            if not move.company_currency_id.is_zero(
                sum(move.line_ids.mapped("balance"))
            ) or move.currency_id.compare_amounts(
                sign * sum(receivable.mapped("amount_currency")), move.amount_total
            ):
                yield (
                    move,
                    self.env._(
                        "The journal items of %s do not add up to its total.",
                        move.display_name,
                    ),
                )

    def _find_unfrozen_invoices(self):
        for move in self._get_issued():
            if not all(move._skydrop_get_frozen_values().values()):
                yield (
                    move,
                    self.env._(
                        "Invoice %s was posted without all its fiscal data.",
                        move.display_name,
                    ),
                )

    def _find_unsettled_invoices(self):
        """Open invoices whose deposits' payments are open as well."""
        for move in self._get_issued():
            if not move.company_id.skydrop_reconcile or move.skydrop_is_replaced:
                continue
            shares = [
                share
                for debit in move._skydrop_get_open_lines()
                for share in move._skydrop_get_shares(debit).values()
            ]
            if any(
                move.currency_id.compare_amounts(share, 0.0) > 0 for share in shares
            ):
                yield (
                    move,
                    self.env._(
                        "Invoice %s is open, and so are payments of its deposits.",
                        move.display_name,
                    ),
                )

    # ------------------------------------------------------------------
    # Action
    # ------------------------------------------------------------------

    @api.model
    def action_check_consistency(self):
        """Show what does not agree, as a list of the administrator's.

        :return: a window action, or a notification that all is well
        :rtype: dict
        """
        self.env["skydrop.consistency.issue"].check_access("create")
        issues = self.env["skydrop.consistency.issue"].create(
            [
                {
                    "message": difference["message"],
                    "record_ref": "{},{}".format(
                        difference["record"]._name, difference["record"].id
                    ),
                }
                for difference in self.browse()._check_consistency()
            ]
        )
        if not issues:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": self.env._(
                        "Deposits, invoices, payments and journal items agree."
                    ),
                },
            }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What does not agree"),
            "res_model": issues._name,
            "view_mode": "list",
            "domain": [("id", "in", issues.ids)],
        }
