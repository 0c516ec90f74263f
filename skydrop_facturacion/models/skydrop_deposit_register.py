from psycopg2.errors import UniqueViolation

from odoo import api, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError

from ..exceptions import RegisterError
from ..tools.deposit_row import Row

MAX_ROWS = 10_000
GROUP = "skydrop_facturacion.group_integration"
# Kept of the caller's context; anything else could change what is created.
CONTEXT_KEYS = ("lang", "tz")


class SkydropDeposit(models.Model):
    """The API by which the shipping platform registers deposits.

    ``register`` reads each row by itself, looks up what the rows name, compares them
    with what is there already, and creates the rest; each step notes what it finds on
    the rows, so that one answer tells everything.
    """

    _inherit = "skydrop.deposit"

    @api.model
    def register(self, deposits):
        """Register deposits, confirmed; all of them or none.

        May be repeated: a row whose reference is registered with the same content is
        answered with the deposit that is there.

        :param list deposits: at most 10,000 dicts with ``reference`` (the platform's
            id, at most 128 characters), ``partner_id`` or ``partner_ref``, ``amount``
            (taxes included: text or number, at most two decimals), ``currency`` (ISO
            4217, default the company's), ``date`` (ISO 8601 with its offset or Z),
            ``origin`` (default ``payment``), ``payment_form`` (c_FormaPago, required
            for a payment) and ``payment_id`` (the ``account.payment``, optional)
        :return: one dict a row, in the same order: ``id``, ``name`` and ``created``
        :rtype: list[dict]
        :raise AccessError: the user is not in the integration group, or asks for a
            company that is not theirs
        :raise RegisterError: with all that is wrong with any row
        :raise ConcurrencyError: somebody else is registering one of the references;
            Odoo repeats a request that ends so
        """
        self._check_integration_access()
        company = self._get_called_company()
        self._check_call(deposits)
        rows = [Row(index, sent) for index, sent in enumerate(deposits)]
        # In place of the caller's context.
        context = self._get_register_context(company)
        model = self.with_env(self.env(su=True, context=context))
        model._check_rows(rows)
        model._create_registered(rows)
        return [
            {
                "id": row.deposit.id,
                "name": row.deposit.name,
                "created": row.created,
            }
            for row in rows
        ]

    @api.model
    def _check_integration_access(self):
        """:raise AccessError: the user may not use the integration's methods"""
        if not (self.env.su or self.env.user.has_group(GROUP)):
            raise AccessError(
                self.env._(
                    "Only users of the group “Facturación Skydrop: Integration” may use"
                    " this method. An administrator adds you to it in your user's form."
                )
            )

    @api.model
    def _get_called_company(self):
        """:return: the company that the caller works in, the first of the context's
            ``allowed_company_ids``
        :raise UserError: that is no list of ids
        :raise AccessError: the user may not work in it
        """
        ids = self.env.context.get("allowed_company_ids")
        if ids and not (
            isinstance(ids, (list, tuple))
            and all(type(company_id) is int for company_id in ids)
        ):
            raise UserError(
                self.env._(
                    "“allowed_company_ids” in the context has to be a list of ids of"
                    " companies, such as [1]."
                )
            )
        return self.env.company

    @api.model
    def _get_register_context(self, company):
        """The context to work in: nothing that the caller could steer values with."""
        context = {
            key: value for key, value in self.env.context.items() if key in CONTEXT_KEYS
        }
        # The creation stands in the deposit itself, and the technical user is nobody to
        # follow it; what people change later is tracked.
        return {
            **context,
            "allowed_company_ids": company.ids,
            "mail_create_nolog": True,
            "mail_create_nosubscribe": True,
            "mail_notrack": True,
        }

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    @api.model
    def _check_call(self, deposits):
        """:raise RegisterError: the call is not a list of at most 10,000 rows"""
        message = None
        if not isinstance(deposits, (list, tuple)):
            message = self.env._(
                "Nothing was registered: “deposits” has to be a list of objects, one a"
                " deposit."
            )
        elif len(deposits) > MAX_ROWS:
            message = self.env._(
                "Nothing was registered: %(count)s deposits are too many for one call."
                " Send at most %(limit)s at a time.",
                count=len(deposits),
                limit=MAX_ROWS,
            )
        if message:
            error = {"index": False, "reference": False, "field": False}
            raise RegisterError(message, [{**error, "message": message}])

    # ------------------------------------------------------------------
    # Creation
    # ------------------------------------------------------------------

    @api.model
    def _create_registered(self, rows):
        """Create the deposits of the rows that have none yet.

        :raise ConcurrencyError: another call has just registered one of them
        """
        new = [row for row in rows if row.is_new]
        try:
            deposits = self.create(
                [self._prepare_registered_values(row) for row in new]
            )
            self.env.flush_all()
        except UniqueViolation as error:
            if error.diag.constraint_name != self._reference_uniq.full_name(self):
                raise
            # A second look, in a new transaction, finds what the other one made.
            raise ConcurrencyError(
                self.env._("These deposits are being registered by another call.")
            ) from error
        for row, deposit in zip(new, deposits, strict=True):
            row.deposit, row.created = deposit, True
        for row in rows:
            row.deposit = row.deposit or row.repeats.deposit

    @api.model
    def _prepare_registered_values(self, row):
        """The values of the deposit to create for a row.

        :param Row row: a row without findings
        :rtype: dict
        """
        values = row.values
        return {
            "reference": values["reference"],
            "partner_id": values["partner_id"].id,
            "company_id": self.env.company.id,
            "currency_id": values["currency"].id,
            "amount": float(values["amount"]),
            "date": values["date"],
            "origin": values["origin"],
            "payment_form": values["payment_form"],
            "payment_id": values["payment_id"],
            "state": "confirmed",
        }
