import base64
import io
from collections import Counter
from datetime import datetime
from decimal import Decimal

import hypothesis.strategies as st
from freezegun import freeze_time
from hypothesis import given, seed
from openpyxl import load_workbook

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from ..models.skydrop_reconciliation import PLACES
from .common import SkydropCommon
from .random_common import SEED, random_settings

# A day in UTC (some are of the month before in Mexico City), cents, currency, origin,
# and what happens to the deposit.
DEPOSITS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                datetime(2026, 1, 31, 18),
                datetime(2026, 2, 1, 5, 59),
                datetime(2026, 2, 1, 6, 0),
                datetime(2026, 3, 15, 12),
            ]
        ),
        st.integers(1, 500_000),
        st.sampled_from(["mxn", "mxn", "usd"]),
        st.sampled_from(
            [
                "open",
                "draft",
                "cancelled",
                "coupon",
                "invoiced",
                "part",
                "draft_invoice",
                "credited",
                "reversed",
                "freed",
                "freed_cancelled",
                "held",
            ]
        ),
        st.booleans(),
    ),
    min_size=4,
    max_size=9,
)


@tagged("post_install", "-at_install")
class TestReconciliation(SkydropCommon):
    """Where the money of the deposits is, to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = cls.env["skydrop.reconciliation"]
        cls.other = cls._create_customer("Otra empresa", vat="ABC010101AB9")

    def _line(self, deposit):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.lines.browse(deposit.id)

    def _assert_places(self, deposit, **expected):
        line = self._line(deposit)
        places = {name: line[name] for name in PLACES if line[name]}
        self.assertEqual(places, expected)
        self.assertEqual(line.deposited, deposit.amount)

    def _report(self, **values):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["skydrop.reconciliation.report"].create(
            {"date_from": "2026-01-01", "date_to": "2026-12-31", **values}
        )

    def _request(self, invoice):
        return self.env["skydrop.change.request"].create(
            {
                "invoice_id": invoice.id,
                "partner_id": invoice.commercial_partner_id.id,
                "company_id": self.company.id,
                "request_type": "cancel",
                "reason": "03",
                "state": "sent",
            }
        )

    # ------------------------------------------------------------------
    # The place of each case
    # ------------------------------------------------------------------

    def test_to_invoice(self):
        deposit = self._create_deposits(100)
        self._assert_places(deposit, to_invoice=100)
        # Past the month limit too: the accountant still invoices it.
        self.company.skydrop_billing_limit = "month"
        self.assertEqual(deposit.billing_block, "limit")
        self._assert_places(deposit, to_invoice=100)

    def test_not_billable(self):
        self._assert_places(
            self._create_deposits(100, origin="coupon"), not_billable=100
        )
        draft = self._create_deposits(100).copy()
        self.assertEqual(draft.state, "draft")
        self._assert_places(draft, not_billable=100)
        cancelled = self._create_deposits(100)
        cancelled.action_cancel()
        self._assert_places(cancelled, not_billable=100)

    def test_invoiced_in_part(self):
        deposit = self._create_deposits(100)
        invoice = deposit._create_invoices(amounts={deposit.id: 30})
        self._assert_places(deposit, invoiced=30, to_invoice=70)
        invoice.button_draft()
        self._assert_places(deposit, invoiced=30, to_invoice=70)
        invoice.button_cancel()
        self._assert_places(deposit, freed=30, to_invoice=70)

    def test_freed_and_cancelled(self):
        deposit = self._create_deposits(100)
        deposit._create_invoices().button_cancel()
        self._assert_places(deposit, freed=100)
        deposit.action_cancel()
        self.assertEqual(deposit.amount_freed, 100)
        self._assert_places(deposit, not_billable=100)

    def test_held(self):
        deposit = self._create_deposits(100)
        invoice = deposit._create_invoices(amounts={deposit.id: 30})
        request = self._request(invoice)
        self._assert_places(deposit, invoiced=30, held=70)
        invoice.button_cancel()
        self._assert_places(deposit, held=100)
        request.state = "done"
        self._assert_places(deposit, freed=30, to_invoice=70)

    # ------------------------------------------------------------------
    # Against the journal
    # ------------------------------------------------------------------

    @seed(SEED)
    @random_settings(4)
    @given(DEPOSITS)
    def test_random(self, cases):
        """The report, the deposits and the journal agree, by month, customer and
        currency."""
        with self.env.cr.savepoint() as savepoint:
            deposits = self._make_deposits(cases)
            self._check_against_journal(deposits)
            savepoint.rollback()
            self.env.invalidate_all()

    def _make_deposits(self, cases):
        deposits = self.env["skydrop.deposit"]
        for date, cents, currency, fate, is_other in cases:
            deposit = self._create_deposits(
                cents / 100,
                date=date,
                currency_id=getattr(self, currency).id,
                partner_id=(self.other if is_other else self.customer).id,
                origin="coupon" if fate == "coupon" else "payment",
            )
            if fate == "draft":
                draft = deposit.copy()
                deposit.action_cancel()
                deposit = draft
            self._meet_fate(deposit, fate)
            deposits += deposit
        return deposits

    def _meet_fate(self, deposit, fate):
        if fate == "cancelled":
            deposit.action_cancel()
        if fate in ("open", "draft", "cancelled", "coupon"):
            return
        part = {deposit.id: deposit.currency_id.round(deposit.amount / 3) or 0.01}
        whole = fate in ("invoiced", "reversed", "freed_cancelled")
        invoice = deposit._create_invoices(amounts=None if whole else part)
        if fate == "draft_invoice":
            invoice.button_draft()
        elif fate in ("credited", "reversed"):
            invoice._reverse_moves(cancel=True)
        elif fate in ("freed", "freed_cancelled"):
            invoice.button_cancel()
            if fate == "freed_cancelled":
                deposit.action_cancel()
        elif fate == "held":
            self._request(invoice)

    def _check_against_journal(self, deposits):
        report = self._report()
        rows = report._get_rows()
        expected = Counter()
        for deposit in deposits.filtered(lambda d: d.state == "confirmed"):
            key = (
                deposit.billing_date.replace(day=1),
                deposit.partner_id.display_name,
                deposit.currency_id,
            )
            expected[key] += Decimal(f"{deposit.amount:.2f}")
        found = {
            (row["month"], row["customer"], row["currency"]): Decimal(
                f"{row['deposited']:.2f}"
            )
            for row in rows
            if row["customer"] in (self.customer.name, self.other.name)
        }
        self.assertEqual(found, expected)
        for row in rows:
            self.assertEqual(
                Decimal(f"{row['deposited']:.2f}"),
                sum(Decimal(f"{row[place]:.2f}") for place in PLACES),
            )
        self._check_invoiced(rows)
        for section in report._get_sections():
            sums = section["sums"]
            self.assertEqual(
                f"{sums['deposited']:.2f}",
                f"{sum(Decimal(str(sums[place])) for place in PLACES):.2f}",
            )

    def _check_invoiced(self, rows):
        """What the journal claims of the customer, and what drafts reserve."""
        self.env.cr.execute(
            """
            SELECT partner.id, line.currency_id, SUM(line.amount_currency)
              FROM account_move move
              JOIN account_move_line line ON line.move_id = move.id
              JOIN account_account account ON account.id = line.account_id
              JOIN res_partner partner ON partner.id = move.commercial_partner_id
             WHERE account.account_type = 'asset_receivable'
               AND move.state != 'cancel'
               AND (move.state = 'posted' OR move.move_type = 'out_invoice')
               AND partner.id IN %s
             GROUP BY partner.id, line.currency_id
            """,
            [(self.customer.id, self.other.id)],
        )
        journal = {
            (self.env["res.partner"].browse(partner_id).name, currency_id): amount
            for partner_id, currency_id, amount in self.env.cr.fetchall()
            if amount
        }
        invoiced = Counter()
        for row in rows:
            if row["customer"] in (self.customer.name, self.other.name):
                key = (row["customer"], row["currency"].id)
                invoiced[key] += Decimal(f"{row['invoiced']:.2f}")
        self.assertEqual(
            {key: f"{amount:.2f}" for key, amount in invoiced.items() if amount},
            {key: f"{amount:.2f}" for key, amount in journal.items()},
        )

    # ------------------------------------------------------------------
    # Spreadsheet, paper, screen
    # ------------------------------------------------------------------

    def test_xlsx(self):
        self._create_deposits(0.1, 0.2, 1160.33)._create_invoices()
        self._create_deposits(50)
        self._create_deposits(7, currency_id=self.usd.id, partner_id=self.other.id)
        report = self._report(partner_ids=(self.customer + self.other).ids)
        action = report.action_xlsx()
        self.assertIn(f"/{report.id}/xlsx/", action["url"])
        book = load_workbook(io.BytesIO(base64.b64decode(report.xlsx)))
        self.assertEqual(book.sheetnames, ["MXN", "USD"])
        rows = list(book["MXN"].values)
        self.assertEqual(rows[1][0], datetime(2026, 3, 1))
        self.assertEqual(
            rows[1][1:], ("Comercializadora Luna", 4, 1210.63, 1160.63, 50, 0, 0, 0)
        )
        self.assertEqual(rows[2][1:4], ("Total", 4, 1210.63))
        self.assertEqual(list(book["USD"].values)[1][1:5], ("Otra empresa", 1, 7, 0))

    def test_xlsx_without_deposits(self):
        report = self._report(date_from="2001-01-01", date_to="2001-01-31")
        book = load_workbook(io.BytesIO(base64.b64decode(report.xlsx)))
        self.assertEqual(len(book.sheetnames), 1)

    def test_pdf(self):
        self._create_deposits(1160)
        report = self._report().with_context(lang="es_MX")
        html, _kind = (
            self.env["ir.actions.report"]
            .with_context(lang="es_MX")
            ._render_qweb_html("skydrop_facturacion.report_reconciliation", report.ids)
        )
        html = html.decode()
        self.assertIn("Conciliación de depósitos", html)
        self.assertIn("Comercializadora Luna", html)
        self.assertIn("1,160.00", html)

    def test_screen(self):
        mine = self._create_deposits(1160)
        self._create_deposits(5, date=datetime(2025, 3, 10))
        report = self._report(partner_ids=self.customer.ids)
        action = report.action_view()
        self.assertEqual(
            self.lines.search(action["domain"]).deposit_id,
            mine,
        )
        line = self._line(mine)
        self.assertEqual(line.action_open_deposit()["res_id"], mine.id)

    def test_default_period_is_of_the_time_zone(self):
        with freeze_time("2027-01-01 05:00:00"):
            report = self.env["skydrop.reconciliation.report"].create({})
        self.assertEqual(str(report.date_from), "2026-01-01")
        self.assertEqual(str(report.date_to), "2026-12-31")
        with self.assertRaises(ValidationError):
            report.date_to = "2025-12-31"

    def test_who_may(self):
        deposit = self._create_deposits(100)
        accountant = self._create_internal_user("contable", "group_accountant")
        support = self._create_internal_user("soporte", "group_support")
        self.env.flush_all()
        lines = self.lines.with_user(accountant)
        self.assertIn(deposit.id, lines.search([]).ids)
        other = self.env["res.company"].create({"name": "Otra emisora"})
        foreign = self._create_deposits(
            100, company_id=other.id, currency_id=other.currency_id.id
        )
        self.env.flush_all()
        self.assertNotIn(foreign.id, lines.search([]).ids)
        for user in (support, self.portal_user):
            with self.assertRaises(AccessError):
                self.lines.with_user(user).search([])
