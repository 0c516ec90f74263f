from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SkydropDeposit(models.Model):
    """What invoices claim of a deposit, derived from their lines alone (design,
    "Money: never twice, never lost").

    An invoice claims the total of its lines as soon as it is a draft, until it is
    cancelled; posted credit notes give back. A replacement claims what its original
    claims: as a draft nothing beside it, once posted instead of it.
    """

    _inherit = "skydrop.deposit"

    amount_invoiced = fields.Monetary(
        string="Invoiced",
        compute="_compute_amount_invoiced",
        store=True,
        help="Claimed by invoices, drafts included, less posted credit notes.",
    )
    amount_freed = fields.Monetary(
        string="Freed",
        compute="_compute_amount_invoiced",
        store=True,
        help="Part of the amount to invoice that a cancelled invoice or a credit note "
        "gave back. It is never invoiced automatically.",
    )
    freed_invoice_ids = fields.Many2many(
        comodel_name="account.move",
        string="Freed From",
        compute="_compute_freed_invoice_ids",
        help="The invoices whose cancellation or credit note freed the amount.",
    )

    _never_invoiced_twice = models.Constraint(
        "CHECK (0 <= amount_invoiced AND amount_invoiced <= amount)",
        "A deposit cannot be invoiced for more than its amount.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends(
        "amount",
        "invoice_line_ids.price_total",
        "invoice_line_ids.parent_state",
        "invoice_line_ids.move_id.move_type",
        "invoice_line_ids.move_id.reversed_entry_id",
        "invoice_line_ids.move_id.skydrop_replaces_id",
    )
    def _compute_amount_invoiced(self):
        """What was claimed once and is free again counts as freed; of a new claim, the
        part that was never claimed is taken first."""
        for deposit in self:
            claimed, claimed_ever = deposit._get_claims()
            deposit.amount_invoiced = claimed
            deposit.amount_freed = min(claimed_ever, deposit.amount) - claimed

    @api.depends("amount_freed")
    def _compute_freed_invoice_ids(self):
        for deposit in self:
            moves = deposit.invoice_line_ids.move_id
            credited = moves.filtered(
                lambda move: move.move_type == "out_refund" and move.state == "posted"
            ).reversed_entry_id
            cancelled = moves.filtered(
                lambda move: move.move_type == "out_invoice" and move.state == "cancel"
            )
            deposit.freed_invoice_ids = deposit.amount_freed > 0 and (
                cancelled | credited
            )

    # ------------------------------------------------------------------
    # Claims
    # ------------------------------------------------------------------

    def _get_claims(self):
        """:return: what is claimed of the deposit now, and what was claimed at most
        :rtype: tuple[float, float]
        """
        self.ensure_one()
        claims, claims_ever = defaultdict(float), defaultdict(float)
        for line in self.invoice_line_ids:
            move = line.move_id
            if move.move_type == "out_invoice":
                # A negative line is refused when posted; it frees nothing before.
                claim = max(line.price_total, 0.0)
                claims_ever[move] += claim
                claims[move] += claim if line.parent_state != "cancel" else 0.0
            elif move.move_type == "out_refund" and line.parent_state == "posted":
                claims[move.reversed_entry_id] -= line.price_total
        replacements = defaultdict(list)
        roots = []
        for move in claims:
            original = move.skydrop_replaces_id
            is_root = not original or original not in claims
            (roots if is_root else replacements[original]).append(move)
        return (
            sum(self._add_up(move, claims, replacements) for move in roots),
            sum(self._add_up(move, claims_ever, replacements) for move in roots),
        )

    @api.model
    def _add_up(self, move, claims, replacements):
        """What an invoice and its replacements claim together: issued replacements take
        over from the original, drafts wait for what it still holds.

        :param account.move move: the original
        :param dict claims: what each invoice claims by itself, less its credit notes
        :param dict replacements: the replacements of each invoice
        :rtype: float
        """
        own = claims[move]
        taken_over = sum(
            self._add_up(replacement, claims, replacements)
            for replacement in replacements.get(move, ())
        )
        # More credited than claimed stays negative, and is refused.
        return max(own, taken_over) if own >= 0.0 else own + taken_over

    # ------------------------------------------------------------------
    # Check
    # ------------------------------------------------------------------

    @api.constrains("amount", "amount_invoiced")
    def _check_amount_invoiced(self):
        """Say in words what the database constraint would refuse without any."""
        for deposit in self:
            compare = deposit.currency_id.compare_amounts
            if (
                compare(deposit.amount_invoiced, 0.0) >= 0
                and compare(deposit.amount_invoiced, deposit.amount) <= 0
            ):
                continue
            raise ValidationError(
                self.env._(
                    "Deposit %(deposit)s amounts to %(amount)s, but its invoices would"
                    " claim %(invoiced)s of it: %(invoices)s. Correct or cancel one of"
                    " them first.",
                    deposit=deposit.display_name,
                    amount=deposit.currency_id.format(deposit.amount),
                    invoiced=deposit.currency_id.format(deposit.amount_invoiced),
                    invoices=deposit._get_invoice_names(),
                )
            )

    @api.constrains("amount_invoiced")
    def _check_claimed_is_payment(self):
        """Not even a draft claims what cannot be invoiced: a cancelled invoice, say,
        that is reset after its deposit was cancelled."""
        for deposit in self:
            if deposit._is_confirmed_payment() or deposit.currency_id.is_zero(
                deposit.amount_invoiced
            ):
                continue
            raise ValidationError(
                self.env._(
                    "Deposit %(deposit)s cannot be invoiced in %(invoices)s, as it is"
                    " not a confirmed payment. Confirm it, or leave it out.",
                    deposit=deposit.display_name,
                    invoices=deposit._get_invoice_names(),
                )
            )
