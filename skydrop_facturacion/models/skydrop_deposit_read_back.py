import base64
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.deposit_row import Refusal, read_date, read_id

MAX_DEPOSITS = 10_000


class SkydropDeposit(models.Model):
    """The API by which the shipping platform asks what became of its deposits."""

    _inherit = "skydrop.deposit"

    status_date = fields.Datetime(
        compute="_compute_status_date",
        store=True,
        help="Last change of what the shipping platform reads back of the deposit.",
    )

    _status_date_idx = models.Index("(company_id, status_date, id)")

    @api.depends(
        *("reference", "partner_id", "amount", "currency_id", "date", "origin"),
        *("payment_form", "state", "amount_invoiced", "invoice_line_ids.parent_state"),
        # Not move_id.name: whoever numbers a move takes its lines for the deposits.
        *("invoice_line_ids.price_total", "invoice_line_ids.move_name"),
        "invoice_line_ids.move_id.skydrop_cfdi_uuid",
    )
    def _compute_status_date(self):
        """The start of the transaction, to the microsecond. An addon that adds to
        ``_skydrop_get_status`` overrides this with the ``depends`` of what it adds."""
        self.status_date = self.env.cr.now()

    # ------------------------------------------------------------------
    # Public methods
    # ------------------------------------------------------------------

    @api.model
    def read_registered(
        self, references=None, changed_since=None, cursor=None, limit=1000
    ):
        """What became of the platform's deposits, those of the current company.

        Ask for ``references``, or for what changed: first with ``changed_since`` (or
        nothing, for all there is), then with the ``cursor`` of the answer before. Each
        change is reported at least once, and again while a transaction is open that
        began before it.

        :param list references: at most 10,000 references of the platform
        :param str changed_since: ISO 8601 with its offset or Z
        :param str cursor: as the last answer gave it
        :param int limit: at most so many deposits in the answer, 1 to 10,000
        :return: ``deposits``, a list of what ``_get_status`` gives; of references, also
            ``unknown``, those without a deposit; of changes, also ``cursor`` for the
            next call and ``more``, whether that would find more at once
        :rtype: dict
        :raise AccessError: the user is not in the integration group
        :raise UserError: an argument is not as described
        """
        self._check_integration_access()
        company = self._get_called_company()
        # In place of the caller's context.
        context = self._get_register_context(company)
        model = self.with_env(self.env(su=True, context=context))
        if references is not None:
            if changed_since or cursor:
                raise UserError(
                    self.env._("Ask for references or for changes, not for both.")
                )
            return model._read_references(references)
        position = model._read_position(changed_since, cursor)
        return model._read_changes(position, model._read_limit(limit))

    @api.model
    def get_invoice_files(self, invoice_id):
        """The files of an invoice or credit note of deposits.

        :param int invoice_id: ``id`` of an invoice that ``read_registered`` named
        :return: one dict a file, the PDF first: ``name``, ``mimetype`` and ``content``,
            in base64
        :rtype: list[dict]
        :raise AccessError: the user is not in the integration group
        :raise UserError: there is no such invoice, or it has no files (yet)
        """
        self._check_integration_access()
        company = self._get_called_company()
        move = self.sudo()._find_deposit_invoice(invoice_id, company)
        return [
            {
                "name": name,
                "mimetype": mimetype,
                "content": base64.b64encode(content).decode(),
            }
            for name, mimetype, content in move._skydrop_get_files()
        ]

    # ------------------------------------------------------------------
    # Arguments
    # ------------------------------------------------------------------

    @api.model
    def _read_limit(self, limit):
        if type(limit) is not int or not 0 < limit <= MAX_DEPOSITS:
            raise UserError(
                self.env._("“limit” has to be a number from 1 to %s.", MAX_DEPOSITS)
            )
        return limit

    @api.model
    def _read_position(self, changed_since, cursor):
        """Return where to go on: a moment, the id of the last deposit of that moment,
        and the moment to go back to at the end, ``None`` at the start of a sweep"""
        try:
            if cursor:
                moment, deposit_id, horizon = cursor.split("/")
                return (
                    datetime.fromisoformat(moment),
                    int(deposit_id),
                    datetime.fromisoformat(horizon) if horizon else None,
                )
            since = read_date(changed_since) if changed_since else datetime(1970, 1, 1)
        except Refusal as refusal:
            translate = self.env._
            raise UserError(translate(refusal.message)) from None
        except (AttributeError, ValueError):
            raise UserError(
                self.env._(
                    "This is not a cursor of an answer: give it back as it was, or ask"
                    " with changed_since."
                )
            ) from None
        return since, 0, None

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @api.model
    def _read_references(self, references):
        is_list = isinstance(references, (list, tuple))
        if not is_list or not all(isinstance(ref, str) for ref in references):
            raise UserError(self.env._("“references” has to be a list of texts."))
        if len(references) > MAX_DEPOSITS:
            raise UserError(
                self.env._("Ask for at most %s references at a time.", MAX_DEPOSITS)
            )
        wanted = dict.fromkeys(ref for ref in references if ref.isprintable())
        found = self._find_registered(wanted)
        deposits = self.concat(*(found[ref] for ref in wanted if ref in found))
        return {
            "deposits": deposits._get_status(),
            "unknown": [ref for ref in references if ref not in found],
        }

    @api.model
    def _read_changes(self, position, limit):
        """Read what changed after a position, in a transaction of its own.

        A change carries the moment its transaction began, and is seen when that ended.
        So the answer's cursor does not pass the beginning of any transaction that is
        still open, and those are asked for before the reading begins.
        """
        horizon = position[2] or self._get_oldest_transaction()
        with self.env.registry.cursor() as cr:
            model = self.with_env(self.env(cr=cr))
            rows = model._find_changes(*position[:2], limit + 1)
            more = len(rows) > limit
            rows = rows[:limit]
            moment, deposit_id = rows[-1] if rows else position[:2]
            if not more and moment >= horizon:
                moment, deposit_id = horizon, 0
            last = horizon.isoformat() if more else ""
            return {
                "deposits": model.browse([row[1] for row in rows])._get_status(),
                "cursor": f"{moment.isoformat()}/{deposit_id}/{last}",
                "more": more,
            }

    @api.model
    def _get_oldest_transaction(self):
        """Return when the oldest transaction of anybody else began; now if there is
        none. In UTC, as PostgreSQL tells it at this very moment."""
        self.env.cr.execute(
            """
            SELECT coalesce(min(xact_start), clock_timestamp()) AT TIME ZONE 'UTC'
              FROM pg_stat_activity
             WHERE datname = current_database()
               AND pid != pg_backend_pid()
               AND backend_type = 'client backend'
            """
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _find_changes(self, moment, deposit_id, limit):
        """:return: ``(status_date, id)`` of deposits after a position, in order"""
        self.env.cr.execute(
            """
            SELECT status_date, id
              FROM skydrop_deposit
             WHERE company_id = %s
               AND reference IS NOT NULL
               AND (status_date, id) > (%s, %s)
             ORDER BY status_date, id
             LIMIT %s
            """,
            [self.env.company.id, moment, deposit_id, limit],
        )
        return self.env.cr.fetchall()

    def _get_status(self):
        """What the platform is told of each deposit. Amounts are texts with a point,
        moments are ISO 8601 in UTC; what does not exist is ``False``.

        :rtype: list[dict]
        """
        self.invoice_line_ids.move_id.fetch(["name", "state", "move_type"])
        return [deposit._prepare_status() for deposit in self]

    def _prepare_status(self):
        self.ensure_one()
        return {
            "reference": self.reference,
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "partner_id": self.partner_id.id,
            "currency": self.currency_id.name,
            "amount": f"{self.amount:.2f}",
            "amount_invoiced": f"{self.amount_invoiced:.2f}",
            "amount_to_invoice": f"{self.amount_to_invoice:.2f}",
            "invoice_status": self.invoice_status,
            "changed": f"{self.status_date.isoformat(timespec='seconds')}Z",
            "invoices": [
                {
                    **move._skydrop_get_status(),
                    "amount": f"{sum(lines.mapped('price_total')):.2f}",
                }
                for move, lines in self.invoice_line_ids.grouped("move_id").items()
            ],
        }

    @api.model
    def _find_deposit_invoice(self, invoice_id, company):
        """:return: a move with deposits of the company
        :raise UserError: there is none"""
        try:
            move = self.env["account.move"].browse(read_id(invoice_id)).exists()
        except Refusal as refusal:
            translate = self.env._
            raise UserError(translate(refusal.message)) from None
        if move.company_id != company or not move.skydrop_deposit_ids:
            raise UserError(
                self.env._("There is no invoice of deposits with id %s.", invoice_id)
            )
        return move
