from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class AccountMove(models.Model):
    """Invoices issued in place of another one. SAT wants the replacement first and
    the cancellation of the original after it (CFDI relation 04, motive 01); between the
    two the claim on the deposits is the replacement's (design, "Replacement")."""

    _inherit = "account.move"

    skydrop_replaces_id = fields.Many2one(
        comodel_name="account.move",
        string="Replaces",
        copy=False,
        index="btree_not_null",
        check_company=True,
        help="The deposit invoice that this one is issued in place of.",
    )
    skydrop_replacement_ids = fields.One2many(
        comodel_name="account.move",
        inverse_name="skydrop_replaces_id",
        string="Replacements",
    )
    # In the form: a list of lines there is taken for one of invoices in an invoice.
    skydrop_shown_replacement_ids = fields.Many2many(
        comodel_name="account.move",
        string="Shown Replacements",
        compute="_compute_skydrop_shown_replacement_ids",
    )
    skydrop_is_replaced = fields.Boolean(
        string="Replaced",
        compute="_compute_skydrop_is_replaced",
        search="_search_skydrop_is_replaced",
        help="A replacement is posted: the invoice is to be cancelled.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("skydrop_replacement_ids")
    def _compute_skydrop_shown_replacement_ids(self):
        for move in self:
            move.skydrop_shown_replacement_ids = move.skydrop_replacement_ids

    @api.depends("skydrop_replacement_ids.state")
    def _compute_skydrop_is_replaced(self):
        for move in self:
            move.skydrop_is_replaced = "posted" in (
                move.sudo().skydrop_replacement_ids.mapped("state")
            )

    def _search_skydrop_is_replaced(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("skydrop_replacement_ids", "any", [("state", "=", "posted")])]

    # ------------------------------------------------------------------
    # Create
    # ------------------------------------------------------------------

    def _skydrop_create_replacements(self, parts):
        """Draft the invoices that are to replace this one; nothing is posted.

        :param list[dict] parts: of each draft ``amounts`` (amount by id of deposit,
            taxes included), ``receiver`` and ``values`` of ``account.move``; whatever
            is missing is as in the original
        :return: the drafts
        :rtype: account.move
        :raise UserError: the invoice is not in force, or the parts are more than it
            claims
        """
        self.ensure_one()
        self._skydrop_check_replaceable()
        self.skydrop_deposit_ids._lock()
        self._skydrop_check_parts(parts)
        # Whoever prepares them does not follow them: nobody is notified of anything.
        return self.with_context(mail_create_nosubscribe=True).create(
            [self._skydrop_prepare_replacement_values(**part) for part in parts]
        )

    def _skydrop_prepare_replacement_values(
        self, amounts=None, receiver=None, values=None
    ):
        """Values of a replacement; nothing is written.

        :param dict amounts: amount to claim by id of deposit, taxes included; by
            default the parts of this invoice
        :param res.partner receiver: by default that of this invoice, with its frozen
            data
        :param dict values: values that take precedence
        :rtype: dict
        """
        self.ensure_one()
        if amounts is None:
            amounts = self._skydrop_get_claims()
        deposits = self.skydrop_deposit_ids.filtered(
            lambda deposit: deposit.id in amounts
        )
        same_receiver = not receiver or receiver == self.partner_id
        frozen = self._skydrop_get_frozen_values() if same_receiver else {}
        # The largest form of what is left, unless the customer or the values choose.
        frozen.pop("skydrop_payment_form", None)
        if self.skydrop_payment_form in deposits.mapped("payment_form"):
            frozen["skydrop_payment_form"] = self.skydrop_payment_form
        return deposits._prepare_invoice_values(
            receiver or self.partner_id,
            {
                **frozen,
                "journal_id": self.journal_id.id,
                "narration": self.narration,
                "skydrop_replaces_id": self.id,
                **(values or {}),
            },
            amounts,
        )

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    @api.constrains("skydrop_replaces_id")
    def _check_skydrop_replaces_id(self):
        if self._has_cycle("skydrop_replaces_id"):
            raise ValidationError(self.env._("An invoice cannot replace itself."))

    def _skydrop_check_replaceable(self):
        """:raise UserError: there is nothing in force to replace"""
        self.ensure_one()
        if self.state != "posted" or not self._skydrop_is_deposit_invoice():
            raise UserError(
                self.env._(
                    "%s cannot be replaced: it has to be a posted invoice of deposits.",
                    self.display_name,
                )
            )
        if self.skydrop_replacement_ids.filtered(lambda move: move.state != "cancel"):
            raise UserError(
                self.env._(
                    "Invoice %(invoice)s already has replacements: %(replacements)s."
                    " Post or delete them.",
                    invoice=self.display_name,
                    replacements=", ".join(
                        self.skydrop_replacement_ids.mapped("display_name")
                    ),
                )
            )

    def _skydrop_check_parts(self, parts):
        """:raise UserError: the parts want more of a deposit than the invoice claims;
        names the deposit and the difference"""
        for deposit_id, claimed in self._skydrop_get_claims().items():
            wanted = sum(
                part["amounts"].get(deposit_id, 0.0)
                if part.get("amounts") is not None
                else claimed
                for part in parts
            )
            if self.currency_id.compare_amounts(wanted, claimed) > 0:
                raise UserError(
                    self.env._(
                        "The parts take %(wanted)s of deposit %(deposit)s, but invoice"
                        " %(invoice)s claims %(claimed)s (difference: %(difference)s).",
                        wanted=self.currency_id.format(wanted),
                        deposit=self.skydrop_deposit_ids.browse(
                            deposit_id
                        ).display_name,
                        invoice=self.display_name,
                        claimed=self.currency_id.format(claimed),
                        difference=self.currency_id.format(wanted - claimed),
                    )
                )

    def _skydrop_check_replacement(self):
        """:raise UserError: what is posted replaces something else than an invoice of
        the same customer that was issued"""
        self.ensure_one()
        original = self.sudo().skydrop_replaces_id
        if original and not (
            original.posted_before
            and original.state != "draft"
            and original.company_id == self.company_id
            and original._skydrop_is_deposit_invoice()
            and original.skydrop_deposit_ids.commercial_partner_id
            == self.skydrop_deposit_ids.commercial_partner_id
        ):
            raise UserError(
                self.env._(
                    "Invoice %(invoice)s cannot replace %(original)s: it has to be an"
                    " issued invoice of deposits of the same customer.",
                    invoice=self.display_name,
                    original=original.display_name,
                )
            )
