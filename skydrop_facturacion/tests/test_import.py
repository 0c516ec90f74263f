from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open, mute_logger

from .register_common import RegisterCommon


@tagged("post_install", "-at_install")
class TestImport(RegisterCommon):
    FIELDS = ["reference", "partner_id", "amount", "currency_id", "date"]
    FIELDS = [*FIELDS, "origin", "payment_form"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env,
            login="importer",
            groups="skydrop_facturacion.group_accountant",
            company_ids=[Command.set(cls.company.ids)],
            company_id=cls.company.id,
        )

    def _import(self, content, file_type="text/csv"):
        wizard = (
            self.env["base_import.import"]
            .with_user(self.accountant)
            .create(
                {
                    "res_model": "skydrop.deposit",
                    "file": content,
                    "file_type": file_type,
                    "file_name": "deposits",
                }
            )
        )
        options = {
            **{"has_headers": True, "quoting": '"', "separator": ","},
            **{"float_thousand_separator": ",", "float_decimal_separator": "."},
            **{
                "datetime_format": "%Y-%m-%d %H:%M:%S",
                "date_format": "",
                "encoding": "",
            },
        }
        preview = wizard.parse_preview(options)
        self.assertNotIn("error", preview)
        columns = [preview["matches"][i][0] for i in range(len(preview["headers"]))]
        self.assertEqual(columns, self.FIELDS)
        return wizard.execute_import(columns, preview["headers"], preview["options"])

    def _csv(self, *rows):
        lines = [",".join(self.FIELDS), *(",".join(row) for row in rows)]
        return "\n".join(lines).encode()

    def _csv_row(self, reference, amount="1160.00", form="03"):
        return (
            *(reference, "CLI-1", amount, "MXN", "2026-03-10 18:30:00"),
            *("payment", form),
        )

    def _count(self):
        return self.env["skydrop.deposit"].search_count([])

    def test_same_file_twice(self):
        content = self._csv(self._csv_row("I1"), self._csv_row("I2", "20.50"))
        result = self._import(content)
        self.assertEqual(result["messages"], [])
        deposits = self.env["skydrop.deposit"].browse(result["ids"])
        self.assertEqual(deposits.mapped("amount"), [1160, 20.5])
        self.assertEqual(deposits.partner_id, self.customer)
        count = self._count()
        again = self._import(content)
        self.assertEqual(again["ids"], deposits.ids)
        self.assertEqual(self._count(), count)

    @mute_logger("odoo.sql_db")
    def test_errors_by_row(self):
        self._import(self._csv(self._csv_row("I1")))
        count = self._count()
        result = self._import(
            self._csv(
                self._csv_row("I2"),
                self._csv_row("I1", "1161.00"),
                self._csv_row("I3", "0"),
                self._csv_row(""),
                self._csv_row("I4", form="99"),
            )
        )
        self.assertFalse(result["ids"])
        self.assertEqual(self._count(), count)
        rows = {
            message["rows"]["from"]: message["message"]
            for message in result["messages"]
            if message["type"] == "error"
        }
        self.assertLessEqual({1, 2, 3, 4}, set(rows))
        self.assertIn("Amount", rows[1])
        self.assertIn("Reference I3: ", rows[2])
        self.assertIn("greater than zero", rows[2])
        self.assertIn("reference is missing", rows[3])

    def test_templates(self):
        templates = self.Deposit.get_import_templates()
        for template in templates:
            path = template["template"].lstrip("/")
            with file_open(path, "rb") as file:
                content = file.read()
            content_type = (
                "text/csv"
                if path.endswith("csv")
                else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            )
            with self.subTest(path=path):
                result = self._import(content, content_type)
                # The examples' customer is for the person to replace.
                messages = {message.get("field") for message in result["messages"]}
                self.assertEqual(messages - {None}, {"partner_id"})
                self.assertFalse(result["ids"])
