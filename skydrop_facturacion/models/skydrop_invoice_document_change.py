from odoo import api, models
from odoo.tools import format_date, html2plaintext


class SkydropInvoiceDocument(models.AbstractModel):
    """What of a preview is another now than when somebody looked at it."""

    _inherit = "skydrop.invoice.document"

    @api.model
    def _summarize(self, document):
        """The shown values, to compare them later.

        :param dict document: see ``_from_deposits``
        :return: texts by the keys of ``_get_summary_labels``, and ``lines``: the text
            of each deposit's row by its id
        :rtype: dict
        """
        currency = document["currency"]
        receiver, issuer = document["receiver"], document["issuer"]
        return {
            **{key: receiver[key] for key in self._get_receiver_labels()},
            "issuer": " ".join(str(value) for value in issuer.values()),
            "date": format_date(self.env, document["date"]),
            "payment_form": document["payment_form"],
            "note": html2plaintext(document["note"]),
            "subtotal": currency.format(document["subtotal"]),
            "tax": currency.format(document["tax"]),
            "total": currency.format(document["total"]),
            "lines": {
                str(line["deposit_id"]): ", ".join(
                    (
                        line["reference"],
                        format_date(self.env, line["date"]),
                        line["payment_form"],
                        currency.format(line["amount"]),
                    )
                )
                for line in document["lines"]
            },
        }

    @api.model
    def _get_receiver_labels(self):
        return {
            "legal_name": self.env._("Legal name"),
            "rfc": self.env._("RFC"),
            "fiscal_regime": self.env._("Fiscal regime"),
            "zip": self.env._("Fiscal postcode"),
            "cfdi_use": self.env._("CFDI use"),
        }

    @api.model
    def _get_summary_labels(self):
        return {
            **self._get_receiver_labels(),
            "issuer": self.env._("Issuer"),
            "date": self.env._("Date"),
            "payment_form": self.env._("Form of payment"),
            "note": self.env._("Note"),
            "subtotal": self.env._("Subtotal"),
            "tax": self.env._("Tax"),
            "total": self.env._("Total"),
        }

    @api.model
    def _get_changes(self, before, now):
        """Say what differs between two summaries.

        :param dict before: see ``_summarize``
        :param dict now: the same, later
        :return: a line of text for each difference
        :rtype: list[str]
        """
        pairs = [
            (label, before.get(key), now[key])
            for key, label in self._get_summary_labels().items()
        ]
        old_lines, new_lines = before.get("lines", {}), now["lines"]
        pairs += [
            (self.env._("Deposit"), old_lines.get(key), new_lines.get(key))
            for key in {**old_lines, **new_lines}
        ]
        return [
            f"{label}: {old or '—'} → {new or '—'}"
            for label, old, new in pairs
            if (old or "") != (new or "")
        ]
