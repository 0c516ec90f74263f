from odoo import api, models
from odoo.tools import html2plaintext

from ..tools import sheets

# Heights in rows of one line, measured with Debian's wkhtmltopdf 0.12.6: a sheet has
# room for 43 of them.
ROOM = 40  # without the head of the table and the number of the sheet
PARTIES = 11  # logo, issuer and receiver
LINE = 0.7  # each further line of a text
TOTALS = 5  # subtotal, total, legend
TAX = 0.9
# Characters that surely fit a line: of a reference, of half the page, of the whole one.
REFERENCE, HALF, WHOLE = 22, 36, 80


class SkydropInvoiceDocument(models.AbstractModel):
    """An invoice as sheets of paper, for a wkhtmltopdf that cannot break a table."""

    _inherit = "skydrop.invoice.document"

    @api.model
    def _get_sheets(self, document):
        """Divide the rows among sheets.

        :param dict document: see ``_from_move``
        :return: the lines of each sheet; empty if wkhtmltopdf does that itself
        :rtype: list[list[dict]]
        """
        if self.env["ir.actions.report"]._skydrop_is_patched():
            return []
        lines = document["lines"]
        more = sum(
            self._get_more(document[party][key], HALF)
            for party in ("issuer", "receiver")
            for key in ("legal_name", "fiscal_regime_name")
        )
        return [
            lines[start:stop]
            for start, stop in sheets.split(
                [1 + self._get_more(line["reference"], REFERENCE) for line in lines],
                first=ROOM - PARTIES - more,
                others=ROOM,
                end=self._get_end_height(document),
            )
        ]

    @api.model
    def _get_end_height(self, document):
        note = html2plaintext(document["note"]) if document["note"] else ""
        texts = [document["amount_in_words"], *note.splitlines()]
        return (
            TOTALS
            + TAX * len(document["taxes"])
            + LINE * len(texts)
            + sum(self._get_more(text, WHOLE) for text in texts)
        )

    @api.model
    def _get_more(self, text, width):
        """:return: the height of a text's lines after the first one"""
        return LINE * (max(len(text or "") - 1, 0) // width)
