from .common import SkydropCommon


class TotalsCommon(SkydropCommon):
    """Taxes of every kind, and the comparison of all that shows a total."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taxes = {
            "16 excluded": cls._create_tax(16, "tax_excluded"),
            "16 included": cls._create_tax(16, "tax_included"),
            "8": cls._create_tax(8, "tax_excluded"),
            "0": cls._create_tax(0, "tax_excluded"),
        }

    @classmethod
    def _create_tax(cls, amount, price_include_override):
        return cls.tax.copy(
            {
                "name": f"IVA {amount} {price_include_override}",
                "amount": amount,
                "price_include_override": price_include_override,
            }
        )

    def _check_everywhere(self, deposits):
        """Card, preview, invoice and its document say the same, and the total is the
        sum of the deposits."""
        expected = sum(round(deposit.amount * 100) for deposit in deposits)
        estimate = deposits._get_estimate()
        preview = self._document(deposits)
        move = deposits._create_invoices()
        document = self.env["skydrop.invoice.document"]._from_move(move)
        self.assertEqual(round(move.amount_total * 100), expected)
        for key, value in (
            ("subtotal", move.amount_untaxed),
            ("tax", move.amount_tax),
            ("total", move.amount_total),
        ):
            self.assertEqual(estimate[key], f"{value:.2f}", key)
            self.assertEqual(f"{preview[key]:.2f}", f"{value:.2f}", key)
            self.assertEqual(f"{document[key]:.2f}", f"{value:.2f}", key)
        self.assertEqual(preview["taxes"], document["taxes"])
        self.assertEqual(preview["amount_in_words"], move.skydrop_amount_in_words)
        for line, deposit in zip(move.invoice_line_ids, deposits, strict=True):
            self.assertEqual(line.skydrop_deposit_id, deposit)
            self.assertEqual(round(line.price_total * 100), round(deposit.amount * 100))
            self.assertEqual(deposit.invoice_status, "invoiced")
        self.assertEqual(
            sum(round(line.amount_currency * 100) for line in move.line_ids), 0
        )
        return move
