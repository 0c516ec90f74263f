import re

from werkzeug.exceptions import BadRequest

from odoo.http import request

from ..exceptions import BillingError
from ..models.skydrop_change_request_part import MAX_PARTS, MIN_PARTS
from .change import SkydropChange

MODES = ("amount", "deposit", "receiver")
AMOUNT = re.compile(r"-?(\d{1,9}|\d{1,3}(,\d{3}){1,3})(\.\d{1,2})?")


class SkydropChangeSplit(SkydropChange):
    """Splitting an invoice: how, into how many parts, a preview of each, sent."""

    def _prepare_split_values(self, invoice, params):
        """Values of the form, filled with what was typed so far.

        :param params: query or form: ``mode``, ``parts``, and the fields of the parts
        :rtype: dict
        """
        mode = params.get("mode")
        receivers = self._get_change_receivers(invoice)
        values = {
            "page": "split_start",
            "mode": mode if mode in MODES else None,
            "min_parts": MIN_PARTS,
            "max_parts": MAX_PARTS,
            "deposits": invoice.skydrop_deposit_ids,
            "claims": invoice._skydrop_get_claims(),
        }
        count = self._parse_count(params, mode, receivers)
        if not values["mode"] or not count:
            return values
        return {
            **values,
            "page": "split_parts",
            "parts": self._get_typed_parts(params, count, mode, receivers),
            "numbers": {
                deposit.id: self._parse_number(params.get(f"deposit_{deposit.id}"))
                for deposit in values["deposits"]
            },
        }

    def _parse_count(self, params, mode, receivers):
        """:return: the number of parts, 0 if there is none yet"""
        if mode == "receiver":
            return len(receivers) if len(receivers) > 1 else 0
        count = self._parse_number(params.get("parts"))
        return count if MIN_PARTS <= count <= MAX_PARTS else 0

    def _parse_number(self, text):
        """:return: a small number, 0 for anything else"""
        return int(text) if re.fullmatch("[0-9]{1,4}", str(text or "")) else 0

    def _get_typed_parts(self, params, count, mode, receivers):
        """:return: number, amount as typed and id of the receiver of each part"""
        return [
            {
                "number": number,
                "amount": str(params.get(f"amount_{number}") or "")[:20],
                "receiver_id": receivers[number - 1].id
                if mode == "receiver"
                else self._parse_number(params.get(f"receiver_{number}"))
                or receivers[0].id,
            }
            for number in range(1, count + 1)
        ]

    # ------------------------------------------------------------------
    # Submitting
    # ------------------------------------------------------------------

    def _submit_split(self, invoice, form):
        """:return: the values of the next page, or the request that was sent"""
        mode = form.get("mode")
        if mode not in MODES:
            raise BadRequest()
        values = self._prepare_split_values(invoice, form)
        if values["page"] == "split_start":
            self._get_request_model().part_ids._check_count(
                self._parse_number(form.get("parts"))
            )
        action = form.get("action")
        if action == "equal":
            self._fill_equal_parts(invoice, values["parts"])
            return values
        if action not in ("back", "send"):
            return self._preview_split(invoice, form)
        parts = self._read_parts(invoice, form, values)
        if action == "back":
            return values
        return self._get_request_model()._create_split(
            invoice, parts, **self._read_common(form)
        )

    def _preview_split(self, invoice, form):
        values = self._prepare_split_values(invoice, form)
        parts = self._read_parts(invoice, form, values)
        return {
            **values,
            "page": "split_preview",
            "documents": self._get_part_documents(invoice, parts),
        }

    def _fill_equal_parts(self, invoice, parts):
        amounts = self._get_request_model()._get_equal_amounts(invoice, len(parts))
        for part, amount in zip(parts, amounts, strict=True):
            part["amount"] = f"{amount:.2f}"

    def _read_parts(self, invoice, form, values):
        """:return: values of the parts
        :rtype: list[dict]
        :raise BillingError: see ``_split_by_deposits`` and ``_split_by_amounts``
        """
        parts = values["parts"]
        if values["mode"] == "receiver":
            # Receivers that get nothing take no part.
            parts = [part for part in parts if part["amount"].strip()]
        receivers = [
            self._get_change_receiver(invoice, part["receiver_id"]) for part in parts
        ]
        Request = self._get_request_model()
        Request.part_ids._check_count(len(parts))
        if values["mode"] == "deposit":
            self._refuse_doubled_deposits(form)
            return Request._split_by_deposits(invoice, values["numbers"], receivers)
        amounts = [self._parse_amount(part) for part in parts]
        return Request._split_by_amounts(invoice, amounts, receivers)

    def _refuse_doubled_deposits(self, form):
        """:raise BillingError: a form that puts a deposit into two parts"""
        for key in form:
            if key.startswith("deposit_") and len(form.getlist(key)) > 1:
                raise BillingError(
                    "deposits",
                    request.env._("A deposit goes into one of the parts only."),
                    field="deposits",
                )

    def _parse_amount(self, part):
        """:return: the amount that was typed, such as 1,500.00
        :rtype: float
        :raise BillingError: it is none
        """
        text = part["amount"].replace("$", "").replace(" ", "")
        if not AMOUNT.fullmatch(text):
            raise BillingError(
                "amount",
                request.env._(
                    "Write the amount of part %s with two decimals at most, such as"
                    " 1500.00.",
                    part["number"],
                ),
                field=f"amount_{part['number']}",
            )
        return float(text.replace(",", ""))

    def _get_part_documents(self, invoice, parts):
        """:return: what each part's invoice would look like
        :rtype: list[dict]
        """
        Document = request.env["skydrop.invoice.document"].sudo()
        return [Document._from_part(invoice, part) for part in parts]
