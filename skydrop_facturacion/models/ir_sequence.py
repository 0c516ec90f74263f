from psycopg2.errors import UniqueViolation

from odoo import api, models
from odoo.exceptions import ConcurrencyError


class IrSequence(models.Model):
    """Numbers drawn many at a time."""

    _inherit = "ir.sequence"

    @api.model
    def _skydrop_next(self, code):
        """The next number of the company's sequence of this code.

        :param str code: code of the sequence
        :return: the number; ``False`` if there is no such sequence
        :rtype: str
        :raise ConcurrencyError: somebody else has just drawn the first number of a new
            period; the retry finds that period begun
        """
        try:
            return self.next_by_code(code)
        except UniqueViolation as error:
            raise ConcurrencyError(str(error)) from error

    @api.model
    def _skydrop_draw(self, code, count):
        """The next numbers of the company's sequence of this code.

        One query draws them all when the numbers come from a PostgreSQL sequence;
        without gaps or with a sequence a period, each is drawn as Odoo does.

        :param str code: code of the sequence
        :param int count: how many numbers
        :return: as many numbers, ascending; each ``False`` if there is no such sequence
        :rtype: list[str]
        """
        sequence = self.search(
            [
                ("code", "=", code),
                ("company_id", "in", [self.env.company.id, False]),
            ],
            order="company_id",
            limit=1,
        )
        if not sequence:
            return [False] * count
        if sequence.implementation != "standard" or sequence.use_date_range:
            return [sequence._next() for _number in range(count)]
        self.env.cr.execute(
            "SELECT nextval(%s) FROM generate_series(1, %s)",
            [f"ir_sequence_{sequence.id:03d}", count],
        )
        numbers = [number for (number,) in self.env.cr.fetchall()]
        prefix, suffix = sequence._get_prefix_suffix()
        return [f"{prefix}{number:0{sequence.padding}d}{suffix}" for number in numbers]
