from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from odoo.tests import tagged

from .claim_machine import FORBIDDEN, STEPS, ClaimMachine
from .common import SkydropCommon
from .random_common import SEED, SOAK, random_settings, tell

# In a run this long each step has been possible at least once.
LONG = 5


@tagged("post_install", "-at_install")
class TestClaimsRandom(SkydropCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls._create_other_company()
        cls.env.user.company_ids += cls.other_company

    @classmethod
    def _create_other_company(cls):
        """Another company with just what it takes to invoice: loading a whole chart of
        accounts takes longer than the test."""
        mexico = cls.env.ref("base.mx")
        other = cls.env["res.company"].create(
            {
                "name": "Otra emisora",
                "country_id": mexico.id,
                "currency_id": cls.mxn.id,
                "chart_template": "mx",
            }
        )
        env = cls.env(context={"allowed_company_ids": other.ids})
        receivable, income, iva = env["account.account"].create(
            [
                {"code": code, "name": name, "account_type": account_type}
                for code, name, account_type in (
                    ("105.01", "Clientes", "asset_receivable"),
                    ("401.01", "Ventas", "income"),
                    ("208.01", "IVA trasladado", "liability_current"),
                )
            ]
        )
        env["ir.default"].set(
            *("res.partner", "property_account_receivable_id", receivable.id),
            company_id=other.id,
        )
        env["account.journal"].create(
            {
                "name": "Facturas",
                "code": "INV",
                "type": "sale",
                "default_account_id": income.id,
            }
        )
        group = env["account.tax.group"].create(
            {"name": "IVA", "country_id": mexico.id}
        )
        other.account_sale_tax_id = env["account.tax"].create(
            {
                "name": "IVA 16 %",
                "amount": 16,
                "country_id": mexico.id,
                "tax_group_id": group.id,
            }
        )
        other.account_sale_tax_id.repartition_line_ids.filtered(
            lambda line: line.repartition_type == "tax"
        ).account_id = iva
        other.with_env(env)._skydrop_set_up()
        return other

    def test_the_life_of_a_claim(self):
        """Nothing breaks it, and each step happens."""
        ClaimMachine.case = self
        run_state_machine_as_test(
            seed(SEED)(ClaimMachine),
            settings=random_settings(
                2,
                # In the long run twice, the second time with what the first one left.
                stateful_step_count=len(STEPS) * (1 if SOAK == 1 else 2),
            ),
        )
        counts = ClaimMachine.counts
        tell(
            "life of a claim",
            {f"{name} {outcome}": count for (name, outcome), count in counts.items()},
        )
        self.assertGreater(sum(counts[name, "done"] for name in STEPS), 10)
        for name in STEPS:
            tried = {outcome for step, outcome in counts if step == name}
            self.assertTrue(tried, name)
            if SOAK >= LONG:
                expected = "refused" if name in FORBIDDEN else "done"
                self.assertIn(expected, tried, name)
