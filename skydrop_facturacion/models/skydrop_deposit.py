from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_list

from ..tools import sat

# Derived, or changed by actions alone.
PROTECTED_FIELDS = frozenset(
    {
        "name",
        "state",
        "amount_invoiced",
        "amount_to_invoice",
        "amount_freed",
        "invoice_status",
        "billing_date",
    }
)


class SkydropDeposit(models.Model):
    """Prepaid credit that a customer paid for, and what became of it."""

    _name = "skydrop.deposit"
    _description = "Deposit"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _rec_names_search = ["name", "reference"]
    _check_company_auto = True

    # Identification
    name = fields.Char(
        string="Number",
        default=lambda self: self._default_name(),
        required=True,
        readonly=True,
        copy=False,
    )
    reference = fields.Char(
        string="Platform Reference",
        copy=False,
        index="trigram",
        tracking=True,
        help="Identifier of the payment on the shipping platform, unique per company.",
    )
    active = fields.Boolean(default=True)
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("confirmed", "Confirmed"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )

    # Parties
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
    )
    commercial_partner_id = fields.Many2one(
        string="Commercial Entity",
        related="partner_id.commercial_partner_id",
        store=True,
        index=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )

    # Money and time
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    amount = fields.Monetary(
        required=True,
        tracking=True,
        help="Amount paid, taxes included.",
    )
    date = fields.Datetime(
        string="Paid On",
        required=True,
        default=fields.Datetime.now,
        index=True,
        tracking=True,
    )
    billing_date = fields.Date(
        compute="_compute_billing_date",
        store=True,
        help="Day of the payment in the time zone of the company's invoicing.",
    )
    origin = fields.Selection(
        selection=[
            ("payment", "Payment"),
            ("coupon", "Coupon"),
            ("referral", "Referral credit"),
            ("refund", "Refund of a label"),
        ],
        default="payment",
        required=True,
        tracking=True,
        help="Only payments can be invoiced.",
    )
    payment_form = fields.Selection(
        selection=lambda self: sat.selection(sat.PAYMENT_FORMS),
        tracking=True,
        help="Form of payment in the SAT catalog c_FormaPago.",
    )
    payment_id = fields.Many2one(
        comodel_name="account.payment",
        string="Customer Payment",
        index="btree_not_null",
        copy=False,
        check_company=True,
        help="Its journal entry is reconciled with the invoice of the deposit.",
    )

    # Invoicing
    invoice_line_ids = fields.One2many(
        comodel_name="account.move.line",
        inverse_name="skydrop_deposit_id",
        string="Invoice Lines",
    )
    invoice_ids = fields.Many2many(
        comodel_name="account.move",
        string="Invoices",
        compute="_compute_invoice_ids",
    )
    amount_invoiced = fields.Monetary(
        string="Invoiced",
        compute="_compute_amount_invoiced",
        store=True,
        help="Claimed by invoices, drafts included, less posted credit notes.",
    )
    amount_to_invoice = fields.Monetary(
        string="To Invoice",
        compute="_compute_invoice_status",
        store=True,
    )
    amount_freed = fields.Monetary(
        string="Freed",
        compute="_compute_amount_invoiced",
        store=True,
        help="Part of the amount to invoice that a cancelled invoice or a credit note "
        "gave back. It is never invoiced automatically.",
    )
    invoice_status = fields.Selection(
        selection=[
            ("no", "Nothing to invoice"),
            ("to_invoice", "To invoice"),
            ("partial", "Partly invoiced"),
            ("invoiced", "Invoiced"),
        ],
        compute="_compute_invoice_status",
        store=True,
    )
    billing_block = fields.Selection(
        selection=[
            ("origin", "Not a payment"),
            ("request", "Held by an open request"),
            ("limit", "Past the month limit"),
        ],
        compute="_compute_billing_block",
        help="Why the deposit is shown to the customer but cannot be ticked.",
    )

    _amount_positive = models.Constraint(
        "CHECK (amount > 0 AND amount < 1000000000)",
        "The amount of a deposit must be greater than zero, and below 1,000,000,000.",
    )
    _never_invoiced_twice = models.Constraint(
        "CHECK (0 <= amount_invoiced AND amount_invoiced <= amount)",
        "A deposit cannot be invoiced for more than its amount.",
    )
    _reference_uniq = models.UniqueIndex(
        "(company_id, reference) WHERE reference IS NOT NULL",
        "There is already a deposit with this platform reference.",
    )
    _to_invoice_idx = models.Index(
        "(commercial_partner_id, company_id, billing_date)"
        " WHERE invoice_status IN ('to_invoice', 'partial')"
    )

    # ------------------------------------------------------------------
    # Defaults and computes
    # ------------------------------------------------------------------

    def _default_name(self):
        return self.env._("New")

    @api.depends("company_id")
    def _compute_currency_id(self):
        for deposit in self:
            deposit.currency_id = deposit.currency_id or deposit.company_id.currency_id

    @api.depends("date", "company_id.skydrop_tz")
    def _compute_billing_date(self):
        for deposit in self:
            zone = pytz.timezone(deposit.company_id.skydrop_tz or "UTC")
            deposit.billing_date = (
                deposit.date and pytz.utc.localize(deposit.date).astimezone(zone).date()
            )

    @api.depends("invoice_line_ids.move_id")
    def _compute_invoice_ids(self):
        for deposit in self:
            deposit.invoice_ids = deposit.invoice_line_ids.move_id

    @api.depends(
        "amount",
        "invoice_line_ids.price_total",
        "invoice_line_ids.parent_state",
        "invoice_line_ids.move_id.move_type",
    )
    def _compute_amount_invoiced(self):
        """Derive the claims on a deposit from its lines (design, "Never twice").

        What was claimed once and is free again counts as freed; of a new claim, the
        part that was never claimed is taken first.
        """
        for deposit in self:
            claimed = claimed_ever = 0.0
            for line in deposit.invoice_line_ids:
                move_type, state = line.move_id.move_type, line.parent_state
                if move_type == "out_invoice":
                    # A negative line is refused when posted; it frees nothing before.
                    claim = max(line.price_total, 0.0)
                    claimed_ever += claim
                    claimed += claim if state != "cancel" else 0.0
                elif move_type == "out_refund" and state == "posted":
                    claimed -= line.price_total
            deposit.amount_invoiced = claimed
            deposit.amount_freed = min(claimed_ever, deposit.amount) - claimed

    @api.depends("amount", "amount_invoiced", "origin", "state")
    def _compute_invoice_status(self):
        for deposit in self:
            billable = deposit.state == "confirmed" and deposit.origin == "payment"
            to_invoice = deposit.amount - deposit.amount_invoiced if billable else 0.0
            deposit.amount_to_invoice = to_invoice
            if deposit.currency_id.is_zero(deposit.amount_invoiced):
                deposit.invoice_status = "to_invoice" if billable else "no"
            elif deposit.currency_id.is_zero(to_invoice):
                deposit.invoice_status = "invoiced"
            else:
                deposit.invoice_status = "partial"

    @api.depends("origin")
    def _compute_billing_block(self):
        for deposit in self:
            deposit.billing_block = "origin" if deposit.origin != "payment" else False

    @api.depends("name", "reference")
    def _compute_display_name(self):
        for deposit in self:
            deposit.display_name = (
                f"{deposit.name} ({deposit.reference})"
                if deposit.reference
                else deposit.name
            )

    # ------------------------------------------------------------------
    # Constraints
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

    @api.constrains("origin", "payment_form")
    def _check_payment_form(self):
        for deposit in self:
            if (
                deposit.origin == "payment"
                and deposit.payment_form not in sat.PAYMENT_FORMS
            ):
                raise ValidationError(
                    self.env._(
                        "Deposit %s is a payment: choose its form of payment.",
                        deposit.display_name,
                    )
                )

    @api.constrains("active", "state")
    def _check_active(self):
        for deposit in self:
            if not deposit.active and deposit.amount_to_invoice:
                raise ValidationError(
                    self.env._(
                        "Deposit %s is still to be invoiced: cancel it before you"
                        " archive it.",
                        deposit.display_name,
                    )
                )

    @api.constrains("payment_id", "partner_id", "currency_id", "amount", "state")
    def _check_payment(self):
        """The payment is one of the customer, and covers its deposits."""
        for deposit in self.filtered("payment_id"):
            payment = deposit.payment_id.sudo()
            siblings = self.sudo().search(
                [("payment_id", "=", payment.id), ("state", "!=", "cancelled")]
            )
            if (
                payment.payment_type == "inbound"
                and payment.partner_type == "customer"
                and payment.partner_id.commercial_partner_id
                == deposit.commercial_partner_id
                and payment.currency_id == deposit.currency_id
                and deposit.currency_id.compare_amounts(
                    sum(siblings.mapped("amount")), payment.amount
                )
                <= 0
            ):
                continue
            raise ValidationError(
                self.env._(
                    "Payment %(payment)s does not fit deposit %(deposit)s: it has to be"
                    " a payment of the same customer in the same currency, of at least"
                    " the amount of its deposits.",
                    payment=payment.display_name,
                    deposit=deposit.display_name,
                )
            )

    @api.constrains("date")
    def _check_date(self):
        latest = fields.Datetime.now() + timedelta(days=1)
        for deposit in self:
            if deposit.date > latest:
                raise ValidationError(
                    self.env._(
                        "Deposit %s is dated more than a day in the future: correct"
                        " the date.",
                        deposit.display_name,
                    )
                )

    @api.constrains("partner_id", "company_id", "currency_id", "origin")
    def _check_unchanged_while_invoiced(self):
        for deposit in self:
            if not deposit.currency_id.is_zero(deposit.amount_invoiced):
                raise ValidationError(
                    self.env._(
                        "Customer, company, currency and origin of deposit %(deposit)s"
                        " cannot change while it is invoiced in %(invoices)s.",
                        deposit=deposit.display_name,
                        invoices=deposit._get_invoice_names(),
                    )
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_protected_fields(vals)
            if not vals.get("name"):
                sequence = self.env["ir.sequence"].with_company(vals.get("company_id"))
                vals["name"] = sequence.next_by_code(self._name) or self._default_name()
        return super().create(vals_list)

    def write(self, vals):
        self._check_protected_fields(vals)
        return super().write(vals)

    def _check_protected_fields(self, vals):
        """:raise UserError: somebody sets by hand what is derived"""
        protected = PROTECTED_FIELDS & vals.keys()
        if protected and not self.env.su:
            raise UserError(
                self.env._(
                    "These fields of a deposit cannot be set by hand: %s. Confirm or"
                    " cancel the deposit with its buttons.",
                    format_list(self.env, sorted(protected)),
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_confirmed(self):
        for deposit in self:
            if deposit.state == "confirmed" or deposit.invoice_line_ids:
                raise UserError(
                    self.env._(
                        "Deposit %s cannot be deleted, since it is confirmed or was"
                        " invoiced. Cancel it instead.",
                        deposit.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_confirm(self):
        """Make draft deposits billable; the others are left as they are."""
        self.check_access("write")
        drafts = self.filtered(lambda deposit: deposit.state == "draft")
        drafts.sudo().state = "confirmed"

    def action_cancel(self):
        """Cancel deposits.

        :raise UserError: if one of them is invoiced; names the invoices
        """
        self.check_access("write")
        self._lock()
        for deposit in self:
            if not deposit.currency_id.is_zero(deposit.amount_invoiced):
                raise UserError(
                    self.env._(
                        "Deposit %(deposit)s is invoiced in %(invoices)s and cannot be"
                        " cancelled. Cancel the invoice or issue a credit note first.",
                        deposit=deposit.display_name,
                        invoices=deposit._get_invoice_names(),
                    )
                )
        self.sudo().state = "cancelled"

    def action_view_invoices(self):
        """:return: the window action that opens the invoices of the deposits."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        action["domain"] = [("id", "in", self.invoice_ids.ids)]
        action["context"] = {"create": False}
        return action

    # ------------------------------------------------------------------
    # Helpers
    # ------------------------------------------------------------------

    def _lock(self):
        """Wait for the rows, in the order of their ids so that no two flows block
        each other; a change that was committed meanwhile ends in a serialization
        error, which Odoo retries."""
        if self.ids:
            self.flush_recordset()
            self.env.cr.execute(
                "SELECT id FROM skydrop_deposit WHERE id IN %s ORDER BY id FOR UPDATE",
                [tuple(self.ids)],
            )

    def _get_invoice_names(self):
        """:return: the names of the invoices that hold the deposits, for a sentence."""
        moves = self.sudo().invoice_ids.filtered(lambda move: move.state != "cancel")
        return format_list(
            self.env,
            [
                move.name or self.env._("draft invoice %s", move.id)
                for move in moves.sorted("id")
            ],
        )

    @api.model
    def _get_billable_domain(self, partner, company):
        """Deposits that the customer can tick.

        :param res.partner partner: any partner of the customer
        :param res.company company: the company that issues the invoice
        :rtype: odoo.fields.Domain
        """
        return (
            Domain("commercial_partner_id", "=", partner.commercial_partner_id.id)
            & Domain("company_id", "=", company.id)
            & Domain("invoice_status", "in", ("to_invoice", "partial"))
            & Domain("state", "=", "confirmed")
            & Domain("origin", "=", "payment")
        )
