from odoo import api, fields, models
from odoo.exceptions import UserError

OPEN_STATES = ("sent", "in_progress")
REASONS = [
    ("01", "01 Comprobante emitido con errores con relación"),
    ("02", "02 Comprobante emitido con errores sin relación"),
    ("03", "03 No se llevó a cabo la operación"),
    ("04", "04 Operación nominativa relacionada en una factura global"),
]
# Changed by actions alone, or written by the mail server's answer.
PROTECTED_FIELDS = frozenset(
    {
        "name",
        "state",
        "mail_state",
        "sent_date",
        "start_date",
        "closing_date",
        "user_id",
        "is_unread",
        "replacement_ids",
    }
)
# What was asked: fixed once it is sent.
CONTENT_FIELDS = frozenset(
    {
        "invoice_id",
        "request_type",
        "reason",
        "description",
        "line_ids",
        "part_ids",
        "attachment_ids",
        "company_id",
    }
)


class SkydropChangeRequest(models.Model):
    """A customer's wish to edit, cancel or split an invoice. It is recorded and mailed
    to the support desk; people carry it out."""

    _name = "skydrop.change.request"
    _description = "Change Request"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _rec_names_search = ["name", "ticket_ref"]
    _check_company_auto = True

    # Identification
    name = fields.Char(
        string="Number",
        default=lambda self: self._default_name(),
        required=True,
        readonly=True,
        copy=False,
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("sent", "Received"),
            ("in_progress", "In progress"),
            ("done", "Resolved"),
            ("rejected", "Rejected"),
            ("withdrawn", "Withdrawn"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand="_group_expand_state",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_from_invoice",
        store=True,
        precompute=True,
        index=True,
    )

    # What is asked
    invoice_id = fields.Many2one(
        comodel_name="account.move",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted'),"
        " ('skydrop_deposit_ids', '!=', False)]",
    )
    request_type = fields.Selection(
        selection=[
            ("modify", "Invoice edit"),
            ("cancel", "Cancellation"),
            ("split", "Invoice split"),
        ],
        required=True,
        default="cancel",
    )
    reason = fields.Selection(
        selection=REASONS,
        string="SAT Motive",
        compute="_compute_reason",
        store=True,
        readonly=False,
        precompute=True,
        help="Motive of the cancellation that follows; edits and splits have 01.",
    )
    description = fields.Text()
    line_ids = fields.One2many(
        comodel_name="skydrop.change.request.line",
        inverse_name="request_id",
        string="Changes",
    )
    part_ids = fields.One2many(
        comodel_name="skydrop.change.request.part",
        inverse_name="request_id",
        string="Parts",
        help="The invoices that shall replace this one.",
    )
    attachment_ids = fields.Many2many(
        comodel_name="ir.attachment",
        string="Attachments",
        copy=False,
        bypass_search_access=True,
    )
    invoice_pdf_id = fields.Many2one(
        comodel_name="ir.attachment",
        string="PDF of the Invoice",
        readonly=True,
        copy=False,
        help="The PDF as it was when the request was sent.",
    )

    invoice_pdf_url = fields.Char(compute="_compute_invoice_pdf_url")

    # Who
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_from_invoice",
        store=True,
        precompute=True,
        index=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Asked By",
        default=lambda self: self.env.user,
        readonly=True,
        copy=False,
    )
    responsible_id = fields.Many2one(
        comodel_name="res.users",
        string="Assigned To",
        domain="[('share', '=', False)]",
        copy=False,
    )
    team = fields.Selection(
        selection=[("support", "Support"), ("accounting", "Accounting")],
        string="In the Hands Of",
        default="support",
        required=True,
        copy=False,
        tracking=True,
    )

    # What the customer is told, and when
    sent_date = fields.Datetime(readonly=True, copy=False)
    start_date = fields.Datetime(readonly=True, copy=False)
    closing_date = fields.Datetime(readonly=True, copy=False)
    rejection_reason = fields.Text(
        copy=False, help="Shown to the customer when the request is rejected."
    )
    is_unread = fields.Boolean(
        string="Not Seen by the Customer", readonly=True, copy=False
    )

    # At the help desk
    ticket_ref = fields.Char(string="Ticket", copy=False, index="trigram")
    ticket_url = fields.Char(compute="_compute_ticket_url")
    mail_state = fields.Selection(
        selection=[
            ("outgoing", "Waiting to be sent"),
            ("sent", "Handed to the mail server"),
            ("failed", "Not sent"),
        ],
        string="Mail",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Handed to the mail server does not mean that the desk took it: that is"
        " known only when it has a ticket.",
    )
    replacement_ids = fields.One2many(
        comodel_name="account.move",
        inverse_name="skydrop_change_request_id",
        string="Replacements",
        readonly=True,
    )
    has_replacements = fields.Boolean(
        compute="_compute_has_replacements", compute_sudo=True
    )

    # The invoice, for those who have no rights in accounting
    currency_id = fields.Many2one(
        related="invoice_id.currency_id", string="Currency", compute_sudo=True
    )
    invoice_name = fields.Char(related="invoice_id.name", string="Invoice Number")
    invoice_date = fields.Date(related="invoice_id.invoice_date")
    invoice_total = fields.Monetary(
        related="invoice_id.amount_total", string="Invoice Total"
    )
    invoice_state = fields.Selection(
        related="invoice_id.state", string="State of the Invoice"
    )
    invoice_legal_name = fields.Char(
        related="invoice_id.skydrop_legal_name", string="Receiver"
    )
    invoice_rfc = fields.Char(related="invoice_id.skydrop_rfc", string="Receiver's RFC")
    deposit_ids = fields.Many2many(
        comodel_name="skydrop.deposit",
        string="Deposits",
        compute="_compute_deposit_ids",
        compute_sudo=True,
    )

    _one_open_request = models.UniqueIndex(
        "(invoice_id) WHERE state IN ('sent', 'in_progress')",
        "There is already an open request for this invoice.",
    )

    # ------------------------------------------------------------------
    # Defaults and computes
    # ------------------------------------------------------------------

    def _default_name(self):
        return self.env._("New")

    @api.model
    def _group_expand_state(self, states, domain):
        """:return: the columns of the kanban: drafts only where there are some"""
        return [
            key
            for key, _label in self._fields["state"].selection
            if key != "draft" or key in states
        ]

    @api.depends("invoice_id")
    def _compute_from_invoice(self):
        for request in self:
            invoice = request.sudo().invoice_id
            request.company_id = invoice.company_id
            request.partner_id = invoice._skydrop_get_customer()

    @api.depends("request_type")
    def _compute_reason(self):
        for request in self:
            if request.request_type in ("modify", "split"):
                request.reason = "01"
            elif request.reason in (False, "01"):
                request.reason = "02"

    @api.depends("invoice_pdf_id")
    def _compute_invoice_pdf_url(self):
        for request in self:
            pdf = request.invoice_pdf_id
            request.invoice_pdf_url = (
                pdf and f"/web/content/{pdf.id}?download=true" or False
            )

    @api.depends("ticket_ref", "company_id.skydrop_ticket_url")
    def _compute_ticket_url(self):
        for request in self:
            request.ticket_url = request.company_id._skydrop_get_ticket_url(
                request.ticket_ref
            )

    @api.depends("invoice_id.invoice_line_ids.skydrop_deposit_id")
    def _compute_deposit_ids(self):
        for request in self:
            request.deposit_ids = request.invoice_id.skydrop_deposit_ids

    @api.depends("replacement_ids")
    def _compute_has_replacements(self):
        for request in self:
            request.has_replacements = bool(request.replacement_ids)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_protected_fields(vals)
            invoice = self.env["account.move"].browse(vals.get("invoice_id"))
            sequence = self.env["ir.sequence"].with_company(invoice.sudo().company_id)
            vals["name"] = sequence._skydrop_next(self._name) or self._default_name()
        # Nobody follows a request: whoever shall know of it looks at the list. Who made
        # it, and when, stands on it.
        return super(
            SkydropChangeRequest,
            self.with_context(mail_create_nosubscribe=True, mail_create_nolog=True),
        ).create(vals_list)

    def write(self, vals):
        self._check_protected_fields(vals)
        if CONTENT_FIELDS & vals.keys() and not self.env.su:
            for request in self.filtered(lambda request: request.state != "draft"):
                raise UserError(
                    self.env._(
                        "What %s asks for cannot change any more: the desk has it."
                        " Reject it, and ask anew.",
                        request.name,
                    )
                )
        return super().write(vals)

    def _check_protected_fields(self, vals):
        """:raise UserError: somebody sets by hand what actions set"""
        if PROTECTED_FIELDS & vals.keys() and not self.env.su:
            raise UserError(
                self.env._(
                    "Number, state, dates and mail of a request are set by its buttons."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        for request in self:
            if request.state != "draft":
                raise UserError(
                    self.env._(
                        "Request %s was sent, so it is kept. Reject it instead.",
                        request.name,
                    )
                )
