from ..exceptions import RegisterError
from .common import SkydropCommon


class RegisterCommon(SkydropCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.ref = "CLI-1"
        cls.platform = cls._create_internal_user("platform_user", "group_integration")
        cls.Deposit = cls.env["skydrop.deposit"].with_user(cls.platform)

    def _row(self, reference="REC-1", **values):
        row = {
            "reference": reference,
            "partner_id": self.customer.id,
            "amount": "1160.00",
            "currency": "MXN",
            "date": "2026-03-10T18:30:00-06:00",
            "origin": "payment",
            "payment_form": "03",
            **values,
        }
        return {key: value for key, value in row.items() if value is not ...}

    def _refused(self, *rows):
        """Errors of a call that has to be refused."""
        before = self.env["skydrop.deposit"].search_count([])
        with self.assertRaises(RegisterError) as caught:
            self.Deposit.register(list(rows))
        self.assertEqual(self.env["skydrop.deposit"].search_count([]), before)
        return caught.exception
