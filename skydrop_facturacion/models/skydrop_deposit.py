import pytz

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_list, groupby

from ..tools import sat

# Each ``invoice_status`` in which something is left to invoice.
OPEN_STATUS = ("to_invoice", "partial")


class SkydropDeposit(models.Model):
    """Prepaid credit that a customer paid for, and what became of it."""

    _name = "skydrop.deposit"
    _description = "Deposit"
    _inherit = ["mail.thread", "mail.activity.mixin"]
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
    active = fields.Boolean(default=True, tracking=True)
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
        tracking=True,
    )

    # Money and time
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
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
        ondelete="restrict",
        tracking=True,
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
    amount_to_invoice = fields.Monetary(
        string="To Invoice",
        compute="_compute_invoice_status",
        store=True,
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
    _reference_uniq = models.UniqueIndex(
        "(company_id, reference) WHERE reference IS NOT NULL",
        "There is already a deposit with this platform reference.",
    )
    # What is billable, as _get_billable_domain and automatic invoicing ask; count and
    # sum of a customer with very many come from this index alone.
    _to_invoice_idx = models.Index(
        "(commercial_partner_id, company_id, billing_date)"
        " INCLUDE (currency_id, amount_to_invoice)"
        " WHERE active IS TRUE AND state = 'confirmed' AND origin = 'payment'"
        " AND invoice_status IN ('to_invoice', 'partial')"
    )
    # The few others, such as bonuses, that the billing page shows below.
    _other_origin_idx = models.Index(
        "(commercial_partner_id, date) WHERE origin != 'payment'"
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
            deposit.billing_date = deposit._get_billing_date()

    def _get_billing_date(self):
        """:return: the day of the payment in the company's time zone, or False"""
        self.ensure_one()
        zone = pytz.timezone(self.company_id.skydrop_tz or "UTC")
        return self.date and pytz.utc.localize(self.date).astimezone(zone).date()

    @api.depends("invoice_line_ids.move_id")
    def _compute_invoice_ids(self):
        for deposit in self:
            deposit.invoice_ids = deposit.invoice_line_ids.move_id

    @api.depends("amount", "amount_invoiced", "origin", "state")
    def _compute_invoice_status(self):
        for deposit in self:
            deposit.amount_to_invoice, deposit.invoice_status = (
                deposit._get_invoice_status()
            )

    def _get_invoice_status(self):
        """:return: the amount left to invoice, and the status that follows from it
        :rtype: tuple[float, str]
        """
        self.ensure_one()
        rest = self.amount - self.amount_invoiced
        if self.currency_id.is_zero(rest):
            return 0.0, "invoiced"
        if not self._is_billable():
            return 0.0, "no"
        untouched = self.currency_id.is_zero(self.amount_invoiced)
        return rest, "to_invoice" if untouched else "partial"

    def _is_billable(self):
        """:return: whether what no invoice claims of the deposit is to be invoiced"""
        self.ensure_one()
        return self._is_confirmed_payment()

    def _is_confirmed_payment(self):
        """:return: whether invoices may claim the deposit at all"""
        self.ensure_one()
        return self.state == "confirmed" and self.origin == "payment"

    @api.depends("origin")
    def _compute_billing_block(self):
        for deposit in self:
            deposit.billing_block = "origin" if deposit.origin != "payment" else False

    def _is_billing_blocked(self):
        """:return: whether what is left of the deposit cannot be invoiced now"""
        self.ensure_one()
        return bool(self.billing_block)

    @api.depends("name", "reference")
    def _compute_display_name(self):
        for deposit in self:
            deposit.display_name = (
                f"{deposit.name} ({deposit.reference})"
                if deposit.reference
                else deposit.name
            )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_protected_fields(vals)
        # The caller may try the same values again.
        vals_list = [dict(vals) for vals in vals_list]
        self._number(vals_list)
        return super().create(vals_list)

    def _number(self, vals_list):
        """Number the deposits to be created, in their order."""
        unnamed = [vals for vals in vals_list if not vals.get("name")]
        for company_id, group in groupby(unnamed, lambda vals: vals.get("company_id")):
            sequence = self.env["ir.sequence"].with_company(company_id)
            numbers = sequence._skydrop_draw(self._name, len(group))
            for vals, number in zip(group, numbers, strict=True):
                vals["name"] = number or self._default_name()

    def write(self, vals):
        self._check_protected_fields(vals)
        self._check_company_stays(vals)
        return super().write(vals)

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
            & Domain("invoice_status", "in", OPEN_STATUS)
            & Domain("state", "=", "confirmed")
            & Domain("origin", "=", "payment")
        )
