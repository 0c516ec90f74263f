from werkzeug.exceptions import BadRequest, NotFound

from odoo.fields import Domain
from odoo.http import request
from odoo.tools import plaintext2html

from ..tools import sat
from .receivers import SkydropReceivers

MAX_DEPOSITS = 10_000
# Anybody can send these, and each is kept for a day.
MAX_DEPOSITS_SIGNED_OUT = 500
MAX_NOTE_LENGTH = 500


class SkydropChoice(SkydropReceivers):
    """What a customer ticked and chose: reading it from a form, checking whose it is,
    remembering it between pages."""

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _parse_choice(self):
        """Read the form of the ticks or of the preview.

        Ticks of other pages come in one field, separated by commas; ``remove`` takes
        one deposit out.

        :return: ``deposit_ids`` (list of int), ``receiver_id`` (int or None),
            ``payment_form`` and ``note`` (str); ``corrections`` (what was typed about
            the receiver, or None), ``confirmed_rfc`` (str), ``save`` (bool: correct
            the receiver too, not only this invoice)
        :rtype: dict
        :raise BadRequest: malformed input
        """
        form = request.httprequest.form
        raw_ids = form.getlist("deposit_ids")
        raw_ids += [raw for raw in form.get("other_deposit_ids", "").split(",") if raw]
        deposit_ids = self._parse_ids(raw_ids)
        removed = self._parse_ids(form.getlist("remove"))
        receiver_id = form.get("receiver_id") or None
        return {
            "deposit_ids": [record for record in deposit_ids if record not in removed],
            "receiver_id": self._parse_ids([receiver_id])[0] if receiver_id else None,
            "payment_form": form.get("payment_form") or "",
            "note": self._parse_note(form.get("note") or ""),
            **self._parse_corrections(receiver_id),
        }

    def _parse_corrections(self, receiver_id):
        """What was typed about the receiver. Fields that belong to another receiver
        than the one chosen now are dropped: ``fields_of`` tells whose they are."""
        form = request.httprequest.form
        typed, confirmed_rfc = self._parse_receiver_form()
        fields_of = form.get("fields_of") or receiver_id
        if "rfc" not in form or fields_of != receiver_id:
            return {"corrections": None, "confirmed_rfc": "", "save": False}
        return {
            "corrections": typed,
            "confirmed_rfc": confirmed_rfc,
            "save": form.get("save") == "1",
        }

    def _parse_note(self, note):
        """:return: the text without what cannot be stored or printed"""
        kept = "".join(char for char in note if char in "\n" or char.isprintable())
        return kept.strip()[:MAX_NOTE_LENGTH].strip()

    def _refuse_other_sites(self):
        """For routes that take no token: another site may not choose for a customer.

        :raise BadRequest: the browser says that another site sends the form
        """
        if request.httprequest.headers.get("Sec-Fetch-Site") == "cross-site":
            raise BadRequest()

    def _parse_ids(self, raw_ids):
        """:return: the distinct ids, in the order given
        :raise BadRequest: not a list of positive numbers, or too many of them
        """
        if not isinstance(raw_ids, list) or len(raw_ids) > MAX_DEPOSITS:
            raise BadRequest()
        try:
            ids = [int(str(raw_id)) for raw_id in raw_ids]
        except ValueError:
            raise BadRequest() from None
        if any(not 0 < record_id < 2**31 for record_id in ids):
            raise BadRequest()
        return list(dict.fromkeys(ids))

    # ------------------------------------------------------------------
    # Checking
    # ------------------------------------------------------------------

    def _check_choice(self, choice):
        """Turn a choice into records of the customer.

        :return: deposits and receiver (with ``sudo``), values for the invoice
        :rtype: tuple
        :raise NotFound: something is not the customer's, or does not exist
        :raise BadRequest: a payment form that none of the deposits has
        """
        deposits = self._get_deposits(choice["deposit_ids"])
        receiver = self._get_default_receiver()
        if choice["receiver_id"]:
            receiver = self._get_receiver(choice["receiver_id"])
        move_values = self._get_corrected_values(choice, receiver)
        if choice["payment_form"]:
            if choice["payment_form"] not in deposits.mapped("payment_form"):
                raise BadRequest()
            move_values["skydrop_payment_form"] = choice["payment_form"]
        if choice["note"]:
            move_values["narration"] = plaintext2html(choice["note"])
        return deposits, receiver, move_values

    def _get_corrected_values(self, choice, receiver):
        """:return: the frozen fields of the invoice, if anything was corrected"""
        if not choice.get("corrections"):
            return {}
        return request.env["skydrop.deposit"]._prepare_corrections(
            receiver, choice["corrections"]
        )

    def _prepare_correction_values(self, choice, receiver, deposits, move_values):
        """Values of the form below the preview."""
        forms = [deposit.payment_form for deposit in deposits]
        corrections = choice.get("corrections")
        suffix = ""
        if corrections:
            _values, suffix = receiver._skydrop_tidy_receiver_values(corrections)
        return {
            **self._prepare_receiver_fields(
                deposits._get_fiscal_values(receiver, move_values),
                confirmed_rfc=choice.get("confirmed_rfc", ""),
            ),
            "receivers": self._get_customer()._skydrop_get_receivers(),
            "payment_forms": [
                (code, sat.PAYMENT_FORMS[code], forms.count(code))
                for code in sorted(set(forms) & sat.PAYMENT_FORMS.keys())
            ],
            "suffix_message": suffix and receiver._skydrop_get_suffix_message(suffix),
        }

    def _drop_unfit_payment_form(self, choice):
        """The deposit that was paid in the chosen form has just been taken out."""
        forms = self._get_deposits(choice["deposit_ids"]).mapped("payment_form")
        if choice["payment_form"] not in forms:
            choice["payment_form"] = ""

    def _get_deposits(self, deposit_ids):
        """:return: the customer's deposits with these ids, oldest first, with ``sudo``
        :raise NotFound: one of them is not the customer's, or does not exist
        """
        deposits = (
            request.env["skydrop.deposit"]
            .sudo()
            .with_context(active_test=False)
            .search(
                self._get_movements_domain() & Domain("id", "in", deposit_ids),
                order="date, id",
            )
        )
        if len(deposits) != len(deposit_ids):
            raise NotFound()
        return deposits

    # ------------------------------------------------------------------
    # Remembering
    # ------------------------------------------------------------------

    def _recall_choice(self, key):
        """:return: a remembered choice of this user, or None"""
        return request.env["skydrop.choice"].sudo()._recall(key)

    def _redirect_to_choice(self, path, choice):
        """Remember a choice and lead to a page that shows it.

        Somebody whose session is gone signs in first; the choice survives that.
        """
        if (
            request.env.user._is_public()
            and len(choice["deposit_ids"]) > MAX_DEPOSITS_SIGNED_OUT
        ):
            raise BadRequest()
        key = request.env["skydrop.choice"].sudo()._remember(choice)
        separator = "&" if "?" in path else "?"
        url = f"{path}{separator}choice={key}"
        if request.env.user._is_public():
            return request.redirect_query("/web/login", {"redirect": url}, code=303)
        return request.redirect(url, code=303)
