from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import sat
from ..tools.amount_in_words import amount_in_words

# field of the receiver's values: frozen field of the invoice
FROZEN_FIELDS = {
    "legal_name": "skydrop_legal_name",
    "rfc": "skydrop_rfc",
    "fiscal_regime": "skydrop_fiscal_regime",
    "zip": "skydrop_zip",
    "cfdi_use": "skydrop_cfdi_use",
}
FROZEN_PAYMENT_FIELDS = ("skydrop_payment_form", "skydrop_payment_method")


class AccountMove(models.Model):
    """Invoices of deposits: an invoice is one as soon as a line of it has a deposit."""

    _inherit = "account.move"

    skydrop_deposit_ids = fields.Many2many(
        comodel_name="skydrop.deposit",
        string="Deposits",
        # Archived ones too: the invoice stays theirs, with all that protects it.
        context={"active_test": False},
        compute="_compute_skydrop_deposit_ids",
        search="_search_skydrop_deposit_ids",
    )
    skydrop_generation_key = fields.Char(
        string="Generation Key",
        copy=False,
        readonly=True,
        help="Fingerprint of the preview that the invoice was generated from: the same"
        " preview never makes a second invoice.",
    )
    skydrop_amount_in_words = fields.Char(
        string="Amount in Words",
        compute="_compute_skydrop_amount_in_words",
    )

    # Frozen when the invoice is posted: later edits of a customer never change it.
    skydrop_legal_name = fields.Char(string="Legal Name", copy=False)
    skydrop_rfc = fields.Char(string="RFC", copy=False)
    skydrop_fiscal_regime = fields.Selection(
        selection=lambda self: sat.selection(sat.FISCAL_REGIMES),
        string="Fiscal Regime",
        copy=False,
    )
    skydrop_zip = fields.Char(string="Fiscal Postcode", copy=False)
    skydrop_cfdi_use = fields.Selection(
        selection=lambda self: sat.selection(sat.CFDI_USES),
        string="CFDI Use",
        copy=False,
    )
    skydrop_payment_form = fields.Selection(
        selection=lambda self: sat.selection(sat.PAYMENT_FORMS),
        string="Form of Payment",
        copy=False,
    )
    skydrop_payment_method = fields.Selection(
        selection=lambda self: sat.selection(sat.PAYMENT_METHODS),
        string="Method of Payment",
        copy=False,
    )

    _skydrop_generation_key_uniq = models.UniqueIndex(
        "(skydrop_generation_key) WHERE skydrop_generation_key IS NOT NULL",
        "This preview has already been invoiced.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("invoice_line_ids.skydrop_deposit_id")
    def _compute_skydrop_deposit_ids(self):
        for move in self:
            move.skydrop_deposit_ids = move.invoice_line_ids.skydrop_deposit_id

    def _search_skydrop_deposit_ids(self, operator, value):
        lines = self.env["account.move.line"]._search(
            Domain("skydrop_deposit_id", operator, value)
        )
        return Domain("line_ids", "in", lines)

    @api.depends("amount_total", "currency_id")
    def _compute_skydrop_amount_in_words(self):
        for move in self:
            move.skydrop_amount_in_words = move.currency_id and amount_in_words(
                move.amount_total, move.currency_id.name
            )

    # ------------------------------------------------------------------
    # Life of an invoice
    # ------------------------------------------------------------------

    def write(self, vals):
        self._skydrop_check_frozen(vals)
        if "partner_id" in vals:
            # The frozen data are those of another receiver.
            self.filtered(
                lambda move: (
                    move.state == "draft" and move.partner_id.id != vals["partner_id"]
                )
            )._skydrop_clear_frozen_values()
        return super().write(vals)

    def _post(self, soft=True):
        self._skydrop_check_links()
        deposit_moves = self.filtered(lambda move: move._skydrop_is_deposit_invoice())
        for move in deposit_moves:
            move._skydrop_check_totals()
            move._skydrop_check_other_lines()
            move._skydrop_freeze()
            move._skydrop_check_fiscal_data()
        posted = super()._post(soft)
        posted._skydrop_check_claims()
        posted._skydrop_settle()
        return posted

    def button_draft(self):
        res = super().button_draft()
        self._skydrop_check_claims()
        return res

    def button_cancel(self):
        res = super().button_cancel()
        self._skydrop_check_claims()
        # The payments of a cancelled invoice settle the one that replaces it.
        self._skydrop_settle()
        return res

    def _reverse_moves(self, default_values_list=None, cancel=False):
        default_values_list = default_values_list or [{} for _move in self]
        for move, defaults in zip(self, default_values_list, strict=True):
            if move._skydrop_is_deposit_invoice():
                defaults.update(move._skydrop_get_frozen_values())
        return super()._reverse_moves(default_values_list, cancel)

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    def _skydrop_is_deposit_invoice(self):
        """:return: whether the move is a customer invoice of deposits"""
        self.ensure_one()
        return self.move_type == "out_invoice" and bool(self.sudo().skydrop_deposit_ids)

    def _skydrop_check_claims(self):
        """Recompute now what the moves claim of their deposits, so that a refusal
        comes from the button that was pressed and not from a later flush.

        :raise ValidationError: see ``skydrop.deposit._check_amount_invoiced``
        """
        self.sudo().skydrop_deposit_ids.mapped("amount_invoiced")

    def _skydrop_check_frozen(self, vals):
        """:raise UserError: somebody changes the fiscal data of a posted invoice"""
        if self.env.su:
            return
        refused = self.browse()
        if "skydrop_generation_key" in vals:
            refused = self
        elif "skydrop_replaces_id" in vals:
            refused = self.filtered("posted_before")
        elif {*FROZEN_FIELDS.values(), *FROZEN_PAYMENT_FIELDS} & vals.keys():
            refused = self.filtered(lambda move: move.state == "posted")
        if refused:
            raise UserError(
                self.env._(
                    "The fiscal data of %s are frozen. Reset the invoice to draft,"
                    " or issue a new one.",
                    refused[0].display_name,
                )
            )

    def _skydrop_check_totals(self):
        """Refuse an invoice that is not the sum of its deposits to the cent.

        :raise UserError: names the deposit or the invoice, and the difference
        """
        self.ensure_one()
        currency = self.currency_id
        lines = self.invoice_line_ids.filtered("skydrop_deposit_id")
        for line in lines:
            if currency.compare_amounts(line.price_total, line.skydrop_amount):
                raise UserError(
                    self.env._(
                        "The line of deposit %(deposit)s amounts to %(total)s instead"
                        " of %(expected)s (difference: %(difference)s). Restore its"
                        " price and taxes, or remove the line and invoice the deposit"
                        " anew.",
                        deposit=line.skydrop_deposit_id.display_name,
                        total=currency.format(line.price_total),
                        expected=currency.format(line.skydrop_amount),
                        difference=currency.format(
                            line.price_total - line.skydrop_amount
                        ),
                    )
                )
        expected = sum(lines.mapped("skydrop_amount"))
        if currency.compare_amounts(self.amount_total, expected):
            raise UserError(
                self.env._(
                    "Invoice %(invoice)s amounts to %(total)s, but its deposits to"
                    " %(expected)s (difference: %(difference)s). Only deposits belong"
                    " on it: remove the other lines.",
                    invoice=self.display_name,
                    total=currency.format(self.amount_total),
                    expected=currency.format(expected),
                    difference=currency.format(self.amount_total - expected),
                )
            )

    def _skydrop_check_fiscal_data(self):
        """:raise UserError: if the fiscal data of the invoice are not fit for a CFDI"""
        self.ensure_one()
        issues = self._skydrop_fiscal_issues()
        if issues:
            raise UserError(
                self.env._(
                    "Invoice of %(receiver)s cannot be posted:\n%(issues)s",
                    receiver=self.partner_id.display_name,
                    issues="\n".join(f"- {message}" for _f, _c, message in issues),
                )
            )

    def _skydrop_fiscal_issues(self):
        """What keeps the invoice from being a correct CFDI; addons may add to it.

        :return: ``(field, code, message)`` of each issue, none if all is well
        :rtype: list[tuple[str, str, str]]
        """
        self.ensure_one()
        return self.env["res.partner"]._skydrop_check_receiver_values(
            self._skydrop_invoice_fiscal_values()
        )

    # ------------------------------------------------------------------
    # Frozen fiscal data
    # ------------------------------------------------------------------

    def _skydrop_invoice_fiscal_values(self):
        """Fiscal data of the receiver as the invoice carries them: the frozen ones, and
        the partner's where nothing is frozen yet.

        :return: see ``res.partner._skydrop_receiver_values``
        :rtype: dict[str, str]
        """
        self.ensure_one()
        current = self.partner_id._skydrop_receiver_values()
        return {
            key: self[frozen_field] or current[key]
            for key, frozen_field in FROZEN_FIELDS.items()
        }

    def _skydrop_freeze(self):
        """Write down the fiscal data that the invoice does not carry yet."""
        self.ensure_one()
        values = self._skydrop_invoice_fiscal_values()
        to_write = {
            frozen_field: values[key]
            for key, frozen_field in FROZEN_FIELDS.items()
            if values[key] and not self[frozen_field]
        }
        if not self.skydrop_payment_form:
            to_write["skydrop_payment_form"] = self._skydrop_get_payment_form()
        if not self.skydrop_payment_method:
            to_write["skydrop_payment_method"] = "PUE"
        if to_write:
            self.write(to_write)

    def _skydrop_get_payment_form(self):
        """:return: the form of the largest part of the invoice, a SAT code"""
        return self.skydrop_deposit_ids._get_payment_form(self._skydrop_get_claims())

    def _skydrop_clear_frozen_values(self):
        frozen = self.filtered("skydrop_rfc")
        if frozen:
            frozen.write(dict.fromkeys(FROZEN_FIELDS.values(), False))

    def _skydrop_get_frozen_values(self):
        """:return: the frozen fields and their values, for a reversal"""
        self.ensure_one()
        names = [*FROZEN_FIELDS.values(), *FROZEN_PAYMENT_FIELDS]
        return {name: self[name] for name in names}
