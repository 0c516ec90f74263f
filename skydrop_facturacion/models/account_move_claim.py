from odoo import api, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """What an entry may claim of deposits, judged whenever one is posted: by the
    portal, by hand, by import, by another addon."""

    _inherit = "account.move"

    def _skydrop_get_claims(self):
        """:return: the part of each deposit in the total of an invoice or credit note,
            by its id, in the order of the lines
        :rtype: dict[int, float]
        """
        self.ensure_one()
        claims = {}
        for line in self.sudo().invoice_line_ids.filtered("skydrop_deposit_id"):
            deposit_id = line.skydrop_deposit_id.id
            claims[deposit_id] = claims.get(deposit_id, 0.0) + line.price_total
        return claims

    @api.ondelete(at_uninstall=False)
    def _unlink_except_referred(self):
        """Credit notes and replacements claim by way of the invoice they refer to.

        :raise UserError: names the invoice and what refers to it
        """
        for move in self.sudo():
            others = move.reversal_move_ids | move.skydrop_replacement_ids
            referring = (others - self).filtered(
                lambda other: (
                    other.state != "cancel"
                    and other.invoice_line_ids.skydrop_deposit_id
                )
            )
            if referring:
                raise UserError(
                    self.env._(
                        "Invoice %(invoice)s cannot be deleted, as these refer to it:"
                        " %(others)s. Delete or cancel them first.",
                        invoice=move.display_name,
                        others=", ".join(referring.mapped("display_name")),
                    )
                )

    def _fetch_duplicate_reference(self, matching_states=("draft", "posted")):
        # Two invoices of deposits may look alike, such as one and its replacement;
        # claims keep them from being duplicates.
        found = super()._fetch_duplicate_reference(matching_states)
        return {
            move: others
            for move, others in found.items()
            # Odoo asks for one that is not saved yet, too: an empty one.
            if not (move and move._skydrop_is_deposit_invoice())
        }

    def _skydrop_check_links(self):
        """Refuse entries whose links to deposits would say something false.

        :raise UserError: names the entry, and the deposit or invoice concerned
        """
        for move in self:
            linked = move.sudo().line_ids.filtered("skydrop_deposit_id")
            if move.move_type == "out_invoice" and linked:
                move._skydrop_check_invoice_links(linked)
                move._skydrop_check_replacement()
            elif move.move_type == "out_refund":
                move._skydrop_check_refund_links(linked)
            elif linked:
                raise UserError(
                    self.env._(
                        "%s has lines of deposits: only customer invoices and credit"
                        " notes may.",
                        move.display_name,
                    )
                )
            elif move.skydrop_generation_key:
                raise UserError(
                    self.env._(
                        "Invoice %s has lost its deposits. Cancel it, and invoice the"
                        " deposits anew.",
                        move.display_name,
                    )
                )

    def _skydrop_check_invoice_links(self, linked):
        self.ensure_one()
        for line in linked:
            deposit = line.skydrop_deposit_id
            if (
                deposit._is_confirmed_payment()
                and deposit.currency_id == self.currency_id
                and self._skydrop_is_receiver_of(deposit)
                and line.currency_id.compare_amounts(line.skydrop_amount, 0.0) > 0
            ):
                continue
            raise UserError(
                self.env._(
                    "Deposit %(deposit)s cannot be invoiced in %(invoice)s: it has to"
                    " be a confirmed payment in the invoice's currency, of the customer"
                    " or of the customer that the receiver belongs to.",
                    deposit=deposit.display_name,
                    invoice=self.display_name,
                )
            )

    def _skydrop_is_receiver_of(self, deposit):
        """:return: whether the partner is the deposit's customer, or below it"""
        partner = self.partner_id
        while partner and partner != deposit.commercial_partner_id:
            partner = partner.parent_id
        return bool(partner)

    def _skydrop_check_other_lines(self):
        """Also lines that cancel each other out make it another invoice."""
        self.ensure_one()
        if self._skydrop_get_other_lines():
            raise UserError(
                self.env._(
                    "Only deposits belong on invoice %s: remove the other lines.",
                    self.display_name,
                )
            )

    def _skydrop_get_other_lines(self):
        """:return: the product lines that have no deposit"""
        return self.invoice_line_ids.filtered(
            lambda line: line.display_type == "product" and not line.skydrop_deposit_id
        )

    def _skydrop_check_refund_links(self, linked):
        """A credit note frees what its own invoice claims, and never more of it."""
        self.ensure_one()
        origin = self.reversed_entry_id
        if origin and origin._skydrop_is_deposit_invoice():
            if self._skydrop_get_other_lines():
                raise UserError(
                    self.env._(
                        "Credit note %(refund)s is for deposit invoice %(invoice)s: say"
                        " on each line which deposit it frees, or reverse the invoice"
                        " anew.",
                        refund=self.display_name,
                        invoice=origin.display_name,
                    )
                )
        elif linked:
            raise UserError(
                self.env._(
                    "Credit note %s frees deposits, but is not the reversal of their"
                    " invoice. Reverse the invoice instead.",
                    self.display_name,
                )
            )
        for deposit in linked.skydrop_deposit_id:
            self._skydrop_check_freed(deposit, origin)

    def _skydrop_check_freed(self, deposit, origin):
        def part_of(moves):
            return sum(
                move._skydrop_get_claims().get(deposit.id, 0.0) for move in moves
            )

        refunds = origin.reversal_move_ids.filtered(
            lambda move: move.state == "posted" or move == self
        )
        claimed, freed = part_of(origin), part_of(refunds | self)
        if self.currency_id.compare_amounts(freed, claimed) > 0:
            raise UserError(
                self.env._(
                    "Invoice %(invoice)s claims %(claimed)s of deposit %(deposit)s, but"
                    " its credit notes would free %(freed)s.",
                    invoice=origin.display_name,
                    claimed=self.currency_id.format(claimed),
                    deposit=deposit.display_name,
                    freed=self.currency_id.format(freed),
                )
            )
