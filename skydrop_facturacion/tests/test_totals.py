from itertools import product

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .random_common import SOAK
from .totals_common import TotalsCommon

AMOUNTS = (
    (100.0, 100.0, 100.0),
    (0.01,),
    (0.01, 0.02, 0.03),
    (99999.99, 0.01, 1160.0),
    (57.9,),
    (33.33, 33.33, 33.34, 66.67, 19.99),
    tuple(0.07 + 0.13 * index for index in range(20)),
)
MANY = 200 if SOAK == 1 else 1_000


@tagged("post_install", "-at_install")
class TestTotals(TotalsCommon):
    def test_every_tax_set_up(self):
        for (name, tax), rounding, amounts in product(
            self.taxes.items(), ("round_per_line", "round_globally"), AMOUNTS
        ):
            with self.subTest(tax=name, rounding=rounding, lines=len(amounts)):
                self.company.tax_calculation_rounding_method = rounding
                self.product.taxes_id = tax
                self._check_everywhere(self._create_deposits(*amounts))

    def test_dollars(self):
        for rounding, amounts in product(
            ("round_per_line", "round_globally"), AMOUNTS[:5]
        ):
            with self.subTest(rounding=rounding, amounts=amounts):
                self.company.tax_calculation_rounding_method = rounding
                move = self._check_everywhere(
                    self._create_deposits(*amounts, currency_id=self.usd.id)
                )
                self.assertEqual(move.currency_id, self.usd)
                self.assertEqual(
                    sum(round(line.balance * 100) for line in move.line_ids), 0
                )

    def test_three_hundreds_are_three_hundred(self):
        move = self._check_everywhere(self._create_deposits(100, 100, 100))
        self.assertEqual(move.amount_total, 300.00)
        self.assertEqual(move.amount_untaxed, 258.62)
        self.assertEqual(move.amount_tax, 41.38)

    def test_many_deposits(self):
        amounts = [round(1 + index * 7.37 % 900, 2) for index in range(MANY)]
        self._check_everywhere(self._create_deposits(*amounts))

    def test_fiscal_position_comes_first(self):
        for target in ("8", "0"):
            with self.subTest(target=target):
                position = self.env["account.fiscal.position"].create(
                    {"name": f"Frontera {target}", "company_id": self.company.id}
                )
                tax = self.taxes[target]
                tax.fiscal_position_ids = [Command.link(position.id)]
                tax.original_tax_ids = [Command.set(self.tax.ids)]
                self.customer.with_company(
                    self.company
                ).property_account_position_id = position
                move = self._check_everywhere(self._create_deposits(100, 33.33))
                self.assertEqual(move.invoice_line_ids.tax_ids, tax)

    def test_fiscal_position_without_tax(self):
        position = self.env["account.fiscal.position"].create(
            {"name": "Sin impuesto", "company_id": self.company.id}
        )
        self.customer.with_company(self.company).property_account_position_id = position
        nothing = self.tax.copy({"name": "otro", "amount": 0})
        nothing.fiscal_position_ids = [Command.link(position.id)]
        nothing.original_tax_ids = [Command.set(self.tax.ids)]
        nothing.active = False
        move = self._check_everywhere(self._create_deposits(100, 33.33))
        self.assertEqual(move.amount_tax, 0)

    def test_changed_line_is_not_posted(self):
        deposits = self._create_deposits(100, 57.9)
        move = deposits._create_invoices()
        move.button_draft()
        move.invoice_line_ids[1].price_unit = 50.0
        with self.assertRaisesRegex(UserError, r"58\.00.*57\.90.*0\.10"):
            move.action_post()

    def test_changed_tax_is_not_posted(self):
        move = self._create_deposits(116)._create_invoices()
        move.button_draft()
        move.invoice_line_ids.tax_ids = self.taxes["8"]
        with self.assertRaisesRegex(UserError, r"108\.00.*116\.00.*8\.00"):
            move.action_post()

    def test_foreign_line_is_not_posted(self):
        move = self._create_deposits(116)._create_invoices()
        move.button_draft()
        move.invoice_line_ids = [
            Command.create({"name": "Envío", "price_unit": 10.0, "tax_ids": False})
        ]
        with self.assertRaisesRegex(UserError, r"126\.00.*116\.00.*10\.00"):
            move.action_post()

    def test_untouched_draft_is_posted_again(self):
        deposits = self._create_deposits(100, 100, 100)
        move = deposits._create_invoices()
        move.button_draft()
        move.action_post()
        self.assertEqual(move.amount_total, 300.00)
