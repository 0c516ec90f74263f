import json

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SkydropCommon

NOVEMBER = "2026-11-24 18:00:00"


@tagged("post_install", "-at_install")
class TestDashboard(SkydropCommon):
    """Each figure is that of the records behind its click."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Alone, whatever the database holds.
        cls.company = cls.env["res.company"].create(
            {
                "name": "Empresa del tablero",
                "country_id": cls.env.ref("base.mx").id,
                "currency_id": cls.mxn.id,
            }
        )
        cls.env["account.chart.template"].try_loading("mx", cls.company)
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.company = cls.company.with_env(cls.env)
        cls.usd.active = True
        cls.dashboard = cls.env["skydrop.dashboard"].browse(cls.company.id)
        with freeze_time(NOVEMBER):
            cls.november = cls._create_deposits(1000, 500, 50, date=NOVEMBER)
            cls.dollars = cls._create_deposits(7, date=NOVEMBER, currency_id=cls.usd.id)
            # 31 October, 23:30 in Mexico City.
            cls.october = cls._create_deposits(300, date="2026-11-01 05:30:00")
            cls._create_deposits(999, date=NOVEMBER, origin="coupon")
            cls.invoice = cls.november[0]._create_invoices()
            cls.november[1]._create_invoices().button_cancel()

    def setUp(self):
        super().setUp()
        freezer = freeze_time(NOVEMBER)
        freezer.start()
        self.addCleanup(freezer.stop)
        self.env.flush_all()
        self.env.invalidate_all()

    def _behind(self, action):
        return self.env[action["res_model"]].search(action["domain"])

    def test_figures_are_those_behind_the_click(self):
        dashboard = self.dashboard
        for name, field, records, column in (
            ("deposited", "month_deposited", self.november, "amount"),
            (
                "month_to_invoice",
                "month_to_invoice",
                self.november[1:],
                "amount_to_invoice",
            ),
            (
                "month_invoiced",
                "month_invoiced",
                self.november[0],
                "amount_invoiced",
            ),
            (
                "to_invoice",
                "to_invoice",
                self.november[1:] + self.october,
                "amount_to_invoice",
            ),
            ("freed", "freed", self.november[1], "amount_freed"),
        ):
            with self.subTest(name):
                behind = self._behind(getattr(dashboard, f"action_open_{name}")())
                behind = behind.filtered(lambda d: d.currency_id == self.mxn)
                self.assertEqual(set(behind.ids), set(records.ids))
                self.assertEqual(
                    f"{dashboard[field]:.2f}", f"{sum(records.mapped(column)):.2f}"
                )
        self.assertIn("7.00", dashboard.month_others)
        self.assertIn("7.00", dashboard.open_others)

    def test_dollars_are_named_at_each_figure(self):
        with freeze_time(NOVEMBER):
            more = self._create_deposits(
                *(11, 13), date=NOVEMBER, currency_id=self.usd.id
            )
        more[0]._create_invoices()
        more[1]._create_invoices().button_cancel()
        self.env.flush_all()
        for name, amount in (
            ("month_deposited_others", "31.00"),
            ("month_invoiced_others", "11.00"),
            ("month_others", "20.00"),
            ("open_others", "20.00"),
            ("freed_others", "13.00"),
        ):
            with self.subTest(name):
                self.assertRegex(self.dashboard[name], rf"^USD \$\s*{amount}$")

    def test_months(self):
        dashboard = self.dashboard.with_context(lang="es_MX")
        self.assertEqual(dashboard.month, "noviembre 2026")
        self.assertEqual(dashboard.deadline, "Días que quedan de noviembre: 6")
        self.assertFalse(dashboard.late_count)
        self.company.skydrop_billing_limit = "month"
        self.env.invalidate_all()
        self.assertEqual(
            dashboard.deadline, "Te quedan 6 días para facturar noviembre."
        )
        self.assertEqual(dashboard.late_count, 1)
        self.assertEqual(self._behind(dashboard.action_open_late()), self.october)

    def test_graph(self):
        graph = json.loads(self.dashboard.months_graph)
        self.assertEqual(len(graph["labels"]), 12)
        deposited, invoiced = graph["series"]
        self.assertEqual(deposited["values"][-2:], [300, 1550])
        self.assertEqual(invoiced["values"][-2:], [0, 1000])
        self.assertEqual(graph["currency"], "MXN")

    def test_counts(self):
        dashboard = self.dashboard
        rule = self.env["skydrop.auto.billing"]._switch_on(
            self.customer, self.company, "total"
        )
        request = self.env["skydrop.change.request"].create(
            {
                "invoice_id": self.invoice.id,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "request_type": "cancel",
                "reason": "03",
                "state": "sent",
            }
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(
            (dashboard.failing_count, dashboard.request_count, dashboard.mail_count),
            (0, 1, 0),
        )
        rule.last_error = "Falta el RFC."
        mails = self._fail_mails(request, rule, self.invoice)
        # Of nobody's concern here.
        self._fail_mails(self.customer)
        self.env.invalidate_all()
        self.assertEqual((dashboard.failing_count, dashboard.mail_count), (1, 3))
        self.assertEqual(self._behind(dashboard.action_open_failing()), rule)
        self.assertEqual(self._behind(dashboard.action_open_requests()), request)
        rows = self._behind(dashboard.action_open_mails())
        self.assertEqual(rows.ids, mails[::-1].ids)
        self.assertEqual(rows[0].record_name, self.invoice.display_name)
        self.assertEqual(rows[0].recipients, "luna@example.com")
        self.assertEqual(rows[0].reason, "550 No such user")
        self.assertEqual(rows[0].action_open_record()["res_id"], self.invoice.id)
        rows[0].action_retry()
        self.env.invalidate_all()
        self.assertEqual((mails[2].state, dashboard.mail_count), ("outgoing", 2))
        rule.active = False
        self.env.invalidate_all()
        self.assertEqual(dashboard.failing_count, 0)

    def _fail_mails(self, *records):
        """A mail about each record that the other side refused."""
        mails = self.env["mail.mail"].create(
            [
                {
                    "model": record._name,
                    "res_id": record.id,
                    "subject": "Correo",
                    "email_to": "luna@example.com",
                    "state": "exception",
                    "failure_reason": "550 No such user",
                }
                for record in records
            ]
        )
        self.env.flush_all()
        return mails

    def test_undelivered_mails_are_the_staffs(self):
        self._fail_mails(self.invoice)
        rows = self.env["skydrop.undelivered.mail"].search([])
        support = self._create_internal_user("soporte", "group_support")
        self.assertEqual(
            rows.with_user(support).mapped("recipients"), ["luna@example.com"]
        )
        for method in ("action_retry", "action_open_record"):
            with self.assertRaises(AccessError):
                getattr(rows.with_user(self.portal_user), method)()

    def test_who_may(self):
        support = self._create_internal_user("soporte", "group_support")
        mine = self.env["skydrop.dashboard"].with_user(support)
        other = self.env["res.company"].create({"name": "Otra emisora"})
        self.assertEqual(mine.search([]).company_id, self.company)
        self.assertEqual(mine.search([]).month_deposited, 1550)
        self.assertEqual(mine.search([]).set_up_missing, 0)
        with self.assertRaises(AccessError):
            mine.browse(other.id).action_open_deposited()
        for action in ("action_open_deposited", "action_open_requests"):
            with self.assertRaises(AccessError):
                getattr(self.dashboard.with_user(self.portal_user), action)()

    def test_few_queries(self):
        """Ten companies cost as few sums as one."""
        companies = self.env["res.company"].create(
            [{"name": f"Filial {number}"} for number in range(9)]
        )
        dashboards = self.env["skydrop.dashboard"].browse(
            (self.company + companies).ids
        )
        names = ["month_deposited", "to_invoice", "late_count", "request_count"]
        names += ["failing_count"]
        self.dashboard.read(names)
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        dashboards.read(names)
        self.assertLessEqual(self.env.cr.sql_log_count - before, 15)
