from odoo import Command, api, models

from ..exceptions import BillingError


class SkydropChangeRequest(models.Model):
    """From the parts that a customer wants of an invoice to a request to split it; by
    deposits, or by amounts."""

    _inherit = "skydrop.change.request"

    @api.model
    def _split_by_deposits(self, invoice, numbers, receivers):
        """Parts made of whole deposits.

        :param dict numbers: part of each deposit, from 1 on, by the deposit's id
        :param list receivers: the receiver of each part
        :return: values of the parts
        :rtype: list[dict]
        :raise BillingError: a deposit without a part, a part without deposits
        """
        self._check_part_receivers(invoice, receivers)
        claims = invoice._skydrop_get_claims()
        if numbers.keys() != claims.keys() or not all(
            1 <= number <= len(receivers) for number in numbers.values()
        ):
            raise BillingError(
                "deposits",
                self.env._("Each deposit of the invoice goes into one of the parts."),
                field="deposits",
            )
        parts = []
        for number, receiver in enumerate(receivers, 1):
            amounts = {
                deposit_id: amount
                for deposit_id, amount in claims.items()
                if numbers[deposit_id] == number
            }
            if not amounts:
                raise BillingError(
                    "empty_part",
                    self.env._("Part %s has no deposit. Put one into it.", number),
                    field="deposits",
                )
            parts.append(self._prepare_part(number, receiver, amounts))
        return parts

    @api.model
    def _split_by_amounts(self, invoice, amounts, receivers):
        """Parts of given amounts; the deposits fill them one after the other.

        :param list amounts: total of each part, taxes included, at most two decimals
        :param list receivers: the receiver of each part
        :return: values of the parts
        :rtype: list[dict]
        :raise BillingError: an amount that is not above zero, or a wrong sum
        """
        self._check_part_receivers(invoice, receivers)
        currency = invoice.currency_id
        for number, amount in enumerate(amounts, 1):
            if currency.compare_amounts(amount, 0.0) <= 0:
                raise BillingError(
                    "amount",
                    self.env._("The amount of part %s has to be above zero.", number),
                    field=f"amount_{number}",
                )
        Part = self.env["skydrop.change.request.part"]
        Part._check_sum(currency, invoice.amount_total, sum(amounts))
        # In cents, so that nothing is lost on the way.
        cents = [
            [deposit_id, round(claim * 100)]
            for deposit_id, claim in invoice._skydrop_get_claims().items()
        ]
        parts = []
        pairs = zip(amounts, receivers, strict=True)
        for number, (amount, receiver) in enumerate(pairs, 1):
            taken = self._take(cents, round(amount * 100))
            parts.append(self._prepare_part(number, receiver, taken))
        return parts

    @api.model
    def _check_part_receivers(self, invoice, receivers):
        """:raise BillingError: the receiver of a part is not fit for an invoice"""
        for number, receiver in enumerate(receivers, 1):
            if receiver == invoice.partner_id:
                continue  # its data are those of the invoice
            for _field, code, message in receiver._skydrop_get_receiver_issues():
                raise BillingError(
                    code,
                    self.env._(
                        "Part %(number)s, %(receiver)s: %(issue)s Correct it under"
                        " “Your receivers” first.",
                        number=number,
                        receiver=receiver.skydrop_legal_name or receiver.name,
                        issue=message,
                    ),
                    field=f"receiver_{number}",
                )

    @api.model
    def _take(self, cents, wanted):
        """Take an amount from the front of what is left of the deposits.

        :param list cents: ``[deposit id, cents left]`` in order; shortened
        :param int wanted: cents to take
        :return: amount taken of each deposit, by its id
        :rtype: dict[int, float]
        """
        taken = {}
        while wanted and cents:
            deposit_id, left = cents[0]
            step = min(left, wanted)
            taken[deposit_id] = step / 100
            wanted -= step
            cents[0][1] -= step
            if not cents[0][1]:
                cents.pop(0)
        return taken

    @api.model
    def _get_equal_amounts(self, invoice, count):
        """:return: amounts that differ by a cent at most and add up to the invoice, the
            larger ones last
        :rtype: list[float]
        """
        each, rest = divmod(round(invoice.amount_total * 100), count)
        return [(each + (number >= count - rest)) / 100 for number in range(count)]

    @api.model
    def _create_split(self, invoice, parts, **values):
        """Ask for a split.

        :param list parts: from ``_split_by_deposits`` or ``_split_by_amounts``
        :rtype: skydrop.change.request
        :raise BillingError: too few or too many parts, a wrong sum
        """
        self.env["skydrop.change.request.part"]._check_count(len(parts))
        return self._create_and_send(
            invoice,
            {
                "request_type": "split",
                "reason": "01",
                "part_ids": [Command.create(part) for part in parts],
                **values,
            },
        )
