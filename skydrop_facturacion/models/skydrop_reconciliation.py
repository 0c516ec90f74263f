from odoo import api, fields, models
from odoo.tools import SQL

from .skydrop_change_request import OPEN_STATES

# Where the money of a deposit can be; together they are its amount.
PLACES = ("invoiced", "to_invoice", "freed", "held", "not_billable")


class SkydropReconciliation(models.Model):
    """Where the money of each deposit is: deposited = invoiced + to invoice + freed +
    held + not billable, to the cent.

    - *Invoiced*: claimed by invoices, drafts included, less posted credit notes.
    - *Held*: all that is left to invoice while a request about its invoice is open,
      also what was freed.
    - *Freed*: what a cancelled invoice or a credit note gave back; left to a person.
    - *To invoice*: the rest of a confirmed payment. Also past the month limit: the
      accountant still invoices it.
    - *Not billable*: coupons, referral credit and refunds; and drafts and cancelled
      deposits, which the report leaves out unless they are asked for.

    A row is a deposit, so that each figure opens its deposits; nothing is stored.
    """

    _name = "skydrop.reconciliation"
    _description = "Reconciliation of Deposits"
    _auto = False
    _order = "billing_date desc, id desc"
    _rec_name = "deposit_id"

    deposit_id = fields.Many2one("skydrop.deposit", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    billing_date = fields.Date(readonly=True)
    state = fields.Selection(
        selection=lambda self: self._selection_of("state"), readonly=True
    )
    origin = fields.Selection(
        selection=lambda self: self._selection_of("origin"), readonly=True
    )
    payment_form = fields.Selection(
        selection=lambda self: self._selection_of("payment_form"), readonly=True
    )
    deposited = fields.Monetary(readonly=True)
    invoiced = fields.Monetary(readonly=True)
    to_invoice = fields.Monetary(readonly=True)
    freed = fields.Monetary(readonly=True)
    held = fields.Monetary(readonly=True)
    not_billable = fields.Monetary(readonly=True)

    @api.model
    def _selection_of(self, name):
        field = self.env["skydrop.deposit"]._fields[name]
        return field._description_selection(self.env)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT deposit.id,
                   deposit.id AS deposit_id,
                   deposit.company_id,
                   deposit.commercial_partner_id AS partner_id,
                   deposit.currency_id,
                   deposit.billing_date,
                   deposit.state,
                   deposit.origin,
                   deposit.payment_form,
                   deposit.amount AS deposited,
                   deposit.amount_invoiced AS invoiced,
                   CASE WHEN held.deposit_id IS NULL
                        THEN deposit.amount_to_invoice - %(freed)s
                        ELSE 0 END AS to_invoice,
                   CASE WHEN held.deposit_id IS NULL
                        THEN %(freed)s ELSE 0 END AS freed,
                   CASE WHEN held.deposit_id IS NULL
                        THEN 0 ELSE deposit.amount_to_invoice END AS held,
                   deposit.amount - deposit.amount_invoiced
                        - deposit.amount_to_invoice AS not_billable
              FROM skydrop_deposit deposit
         LEFT JOIN (SELECT DISTINCT line.skydrop_deposit_id AS deposit_id
                      FROM skydrop_change_request request
                      JOIN account_move_line line
                        ON line.move_id = request.invoice_id
                     WHERE request.state IN %(open_states)s
                       AND line.skydrop_deposit_id IS NOT NULL
                   ) held ON held.deposit_id = deposit.id
            """,
            # A deposit that was cancelled has nothing left to free.
            freed=SQL("LEAST(deposit.amount_freed, deposit.amount_to_invoice)"),
            open_states=OPEN_STATES,
        )

    def action_open_deposit(self):
        """:return: the window action that opens the deposit of the row"""
        self.check_access("read")
        return self.deposit_id.get_formview_action()
