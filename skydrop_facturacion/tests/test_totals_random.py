from collections import Counter

from hypothesis import given, seed
from hypothesis import strategies as st

from odoo.tests import tagged

from .random_common import SEED, random_settings, tell
from .totals_common import TotalsCommon

CENTS = st.one_of(
    st.integers(min_value=1, max_value=99_999_999),
    st.sampled_from([1, 2, 3, 10_000, 116_000, 99_999_999]),
)


@tagged("post_install", "-at_install")
class TestTotalsRandom(TotalsCommon):
    """Any amounts, any tax, any rounding: the same everywhere, to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taxes["exempt"] = cls._create_tax(0, "tax_included")
        cls.taxes["none"] = cls.tax.browse()

    def test_any_deposits(self):
        self.counts = Counter()
        self._try_any_deposits()
        tell("totals", self.counts)

    @seed(SEED)
    @random_settings(10)
    @given(
        cents=st.one_of(
            st.lists(CENTS, min_size=1, max_size=6),
            st.lists(CENTS, min_size=20, max_size=60),
        ),
        tax=st.sampled_from(["16 excluded", "16 included", "8", "0", "exempt", "none"]),
        rounding=st.sampled_from(["round_per_line", "round_globally"]),
        dollars=st.booleans(),
    )
    def _try_any_deposits(self, cents, tax, rounding, dollars):
        savepoint = self.env.cr.savepoint()
        try:
            self.company.tax_calculation_rounding_method = rounding
            self.product.taxes_id = self.taxes[tax]
            deposits = self._create_deposits(
                *[amount / 100 for amount in cents],
                currency_id=(self.usd if dollars else self.mxn).id,
            )
            move = self._check_everywhere(deposits)
            self.assertEqual(
                sum(round(line.balance * 100) for line in move.line_ids), 0
            )
            self.assertEqual(deposits._check_consistency(), [])
            self.counts.update(["invoices", tax, rounding, move.currency_id.name])
            self.counts["lines"] += len(cents)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
