from odoo import api, fields, models

from ..exceptions import BillingError

MIN_PARTS, MAX_PARTS = 2, 50


class SkydropChangeRequestPart(models.Model):
    """One of the invoices that shall replace an invoice: whose it is, and how much of
    which deposits it takes."""

    _name = "skydrop.change.request.part"
    _description = "Part of a Request"
    _order = "sequence, id"

    request_id = fields.Many2one(
        comodel_name="skydrop.change.request",
        required=True,
        index=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(default=1)
    receiver_id = fields.Many2one(
        comodel_name="res.partner",
        required=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(
        related="request_id.invoice_id.currency_id", string="Currency"
    )
    amount = fields.Monetary(required=True, help="Total of the part, taxes included.")
    deposit_ids = fields.Many2many(
        comodel_name="skydrop.deposit", string="Deposits", required=True
    )
    deposit_amounts = fields.Json(
        help="Amount that the part takes of each deposit, taxes included, by its id."
    )

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "The amount of a part must be greater than zero."
    )

    def _get_deposit_amounts(self):
        """:return: amount to take of each deposit, taxes included, by its id
        :rtype: dict[int, float]
        """
        self.ensure_one()
        amounts = self.deposit_amounts or {}
        return {int(deposit_id): amount for deposit_id, amount in amounts.items()}

    def _get_receiver_label(self):
        """:return: legal name and RFC of the part's receiver"""
        receiver = self.sudo().receiver_id._skydrop_receiver_values()
        name = receiver["legal_name"] or self.sudo().receiver_id.name
        return f"{name} · {receiver['rfc']}"

    def _get_amount_label(self):
        """:return: the amount, and the deposits that it is made of"""
        references = [
            deposit.reference or deposit.name for deposit in self.sudo().deposit_ids
        ]
        amount = self.currency_id._skydrop_format(
            self.amount, self.sudo().request_id.company_id
        )
        return f"{amount} ({', '.join(references)})"

    def _prepare_json(self):
        """:return: the part for programs, see ``skydrop.change.request._prepare_json``
        :rtype: dict
        """
        amounts = self._get_deposit_amounts()
        return {
            "number": self.sequence,
            "receiver": self.sudo().receiver_id._skydrop_receiver_values(),
            "amount": f"{self.amount:.2f}",
            "deposits": [
                {
                    "reference": deposit.reference or deposit.name,
                    "amount": f"{amounts.get(deposit.id, 0.0):.2f}",
                }
                for deposit in self.sudo().deposit_ids
            ],
        }

    def _check_parts(self):
        """Refuse parts that are not the invoice, to the cent.

        :raise BillingError: ``parts`` if there are too few or too many, ``sum`` if they
            do not add up to what they replace
        """
        for request, parts in self.grouped("request_id").items():
            if request.request_type != "split":
                continue
            self._check_count(len(parts))
            claims = request.invoice_id._skydrop_get_claims()
            taken = {}
            for part in parts:
                for deposit_id, amount in part._get_deposit_amounts().items():
                    taken[deposit_id] = taken.get(deposit_id, 0.0) + amount
            currency = request.currency_id
            for deposit_id in claims.keys() | taken.keys():
                self._check_sum(
                    currency, claims.get(deposit_id, 0.0), taken.get(deposit_id, 0.0)
                )

    @api.model
    def _check_count(self, count):
        """:raise BillingError: too few parts, or too many"""
        if not MIN_PARTS <= count <= MAX_PARTS:
            raise BillingError(
                "parts",
                self.env._(
                    "An invoice is split into %(minimum)s to %(maximum)s parts.",
                    minimum=MIN_PARTS,
                    maximum=MAX_PARTS,
                ),
                field="parts",
            )

    @api.model
    def _check_sum(self, currency, expected, found):
        """:raise BillingError: names the difference"""
        difference = currency.round(expected - found)
        if currency.compare_amounts(difference, 0.0) > 0:
            message = self.env._(
                "%s is missing: the parts have to add up to the invoice.",
                currency.format(difference),
            )
        elif currency.compare_amounts(difference, 0.0) < 0:
            message = self.env._(
                "%s is too much: the parts have to add up to the invoice.",
                currency.format(-difference),
            )
        else:
            return
        raise BillingError("sum", message, field="amount")
