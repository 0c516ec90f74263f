from datetime import date, datetime

from freezegun import freeze_time

from odoo.tests import tagged

from .automatic_common import AutomaticCommon
from .http_common import BILLING, SkydropHttpCommon

FEW, MANY = 10, 100


@tagged("post_install", "-at_install")
class TestGrowth(SkydropHttpCommon):
    """The customer's pages ask the database as often for many deposits as for few."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.few = cls._create_deposits(*range(1, FEW + 1))

    def _create_many(self):
        return self.few + self._create_deposits(*range(FEW + 1, MANY + 1))

    def _count_queries(self, action, *args):
        action(*args)  # whatever is remembered is remembered now
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        action(*args)
        return self.env.cr.sql_log_count - before

    def _check_list(self, path):
        self._sign_in()
        self.few[0]._create_invoices()
        with_few = self._count_queries(self.url_open, path)
        for deposit in self._create_many()[FEW : FEW + 3]:
            deposit._create_invoices()
        self.assertEqual(self._count_queries(self.url_open, path), with_few)

    def test_billing_page(self):
        self._check_list(BILLING)

    def test_movements(self):
        self._check_list("/my/movements")

    def test_invoices(self):
        self._check_list(f"{BILLING}/invoices")

    def test_estimate(self):
        self._sign_in()
        many = self._create_many()
        self.assertEqual(
            self._count_queries(self._estimate, many.ids),
            self._count_queries(self._estimate, self.few.ids),
        )

    def test_preview(self):
        self._sign_in()
        counts = []
        for deposits in (self.few, self._create_many()):
            page, _form = self._preview(deposits)
            counts.append(self._count_queries(self._open_again, page.url))
        self.assertEqual(counts[0], counts[1])

    def _open_again(self, url):
        """Open a page that a form led to."""
        self.assertEqual(self.url_open(url).status_code, 200)


@tagged("post_install", "-at_install")
class TestJobGrowth(AutomaticCommon):
    """The job of automatic invoicing asks as often for each of many customers as for
    each of few."""

    # Queries an invoice, deposits without payments.
    LIMIT = 9

    def _count_queries(self, count):
        customers = [
            self._create_customer(f"Cliente {number}") for number in range(count)
        ]
        self.env["skydrop.deposit"].create(
            [
                {
                    "partner_id": customer.id,
                    "company_id": self.company.id,
                    "amount": 100.0 + day,
                    "date": datetime(2026, 10, day, 18),
                    "payment_form": "03",
                    "state": "confirmed",
                }
                for customer in customers
                for day in (1, 2)
            ]
        )
        with freeze_time("2026-10-01 18:00:00"):
            rules = self.rules.create(
                [
                    {
                        "partner_id": customer.id,
                        "company_id": self.company.id,
                        "mode": "total",
                    }
                    for customer in customers
                ]
            )
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self._run("2026-11-01 18:00:00")
        queries = self.env.cr.sql_log_count - before
        self.assertEqual(
            rules.invoice_ids.mapped("invoice_date"), [date(2026, 10, 31)] * count
        )
        return queries / count

    def test_batches(self):
        self._count_queries(1)  # whatever is remembered is remembered now
        few, many = self._count_queries(FEW), self._count_queries(FEW * 5)
        self.assertLessEqual(many, few)
        self.assertLessEqual(many, self.LIMIT)
