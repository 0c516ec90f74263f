from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from ..exceptions import BillingError
from ..models.res_partner_receiver import MAX_RECEIVERS
from .common import RFC_COMPANY, RFC_PERSON, SkydropCommon

PERSON = {
    "rfc": RFC_PERSON,
    "legal_name": "JORGE RAMIREZ SOTO",
    "zip": "64000",
    "fiscal_regime": "612",
    "cfdi_use": "G03",
}


@tagged("post_install", "-at_install")
class TestReceivers(SkydropCommon):
    def _issues(self, confirmed_rfc="", **typed):
        values, _suffix = self.customer._skydrop_tidy_receiver_values(
            {**PERSON, **typed}
        )
        return [
            issue[:2]
            for issue in self.customer._skydrop_check_typed_values(
                values, confirmed_rfc
            )
        ]

    # ------------------------------------------------------------------
    # An extra receiver
    # ------------------------------------------------------------------

    def test_created_below_its_customer(self):
        receiver = self.customer._skydrop_create_receiver(PERSON)
        self.assertRecordValues(
            receiver,
            [
                {
                    "parent_id": self.customer.id,
                    "is_company": True,
                    "type": "other",
                    "name": "JORGE RAMIREZ SOTO",
                    "vat": RFC_PERSON,
                    "zip": "64000",
                    "commercial_partner_id": receiver.id,
                }
            ],
        )
        self.assertEqual(receiver._skydrop_receiver_values(), PERSON)
        self.assertEqual(
            self.customer._skydrop_get_receivers(), self.customer + receiver
        )

    def test_data_stay_apart_from_the_customer(self):
        receiver = self.customer._skydrop_create_receiver(PERSON)
        self.customer.write({"vat": "XIA190128J61", "zip": "06600", "street": "Uno 1"})
        self.assertEqual(receiver._skydrop_receiver_values(), PERSON)
        receiver._skydrop_correct_receiver({**PERSON, "zip": "64010"})
        self.assertEqual((self.customer.zip, receiver.zip), ("06600", "64010"))
        self.assertEqual(self.customer.vat, "XIA190128J61")

    def test_a_customer_without_address_takes_none_from_it(self):
        bare = self.env["res.partner"].create({"name": "Sin datos"})
        bare._skydrop_create_receiver(PERSON)
        self.assertFalse(bare.zip)
        self.assertFalse(bare.vat)

    def test_never_attached_nor_detached(self):
        receiver = self.customer._skydrop_create_receiver(PERSON)
        other = self._create_customer("Otra empresa")
        for values in (
            {"parent_id": False},
            {"parent_id": other.id},
            {"is_company": False},
            {"type": "contact"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                receiver.write(values)
            receiver.invalidate_recordset()
        with self.assertRaises(UserError):
            other.write({"parent_id": self.customer.id, "type": "other"})

    def test_at_most_twenty(self):
        for number in range(MAX_RECEIVERS):
            self.customer._skydrop_create_receiver(
                {**PERSON, "zip": f"640{number:02d}"}
            )
        again = self.customer._skydrop_create_receiver({**PERSON, "zip": "64000"})
        with self.assertRaises(BillingError) as refused:
            self.customer._skydrop_create_receiver({**PERSON, "zip": "99999"})
        self.assertEqual(refused.exception.code, "too_many")
        values = self.customer._skydrop_prepare_receiver({**PERSON, "zip": "99999"})
        with self.assertRaises(ValidationError):
            self.env["res.partner"].create(values)
        again._skydrop_archive_receiver()
        self.customer._skydrop_create_receiver({**PERSON, "zip": "99999"})

    def test_the_same_data_are_the_same_receiver(self):
        first = self.customer._skydrop_create_receiver(PERSON)
        self.assertEqual(self.customer._skydrop_create_receiver(PERSON), first)

    # ------------------------------------------------------------------
    # Correcting, the default, archiving
    # ------------------------------------------------------------------

    def test_first_data_are_the_customer_itself(self):
        bare = self.env["res.partner"].create({"name": "Sin datos"})
        self.assertEqual(bare._skydrop_correct_receiver(PERSON), bare)
        self.assertEqual(bare._skydrop_receiver_values(), PERSON)
        self.assertEqual(bare.name, "Sin datos")

    def test_a_changed_rfc_is_a_new_receiver(self):
        invoice = self._create_deposits(1160)._create_invoices()
        receiver = self.customer._skydrop_correct_receiver(PERSON)
        self.assertEqual(receiver.parent_id, self.customer)
        self.assertEqual(self.customer.vat, RFC_COMPANY)
        self.assertEqual(invoice.partner_id, self.customer)
        self.assertEqual(self.customer._skydrop_get_default_receiver(), receiver)
        invoice = self._create_deposits(500)._create_invoices()
        self.assertEqual(invoice.partner_id, receiver)
        self.assertEqual(invoice.skydrop_rfc, RFC_PERSON)

    def test_an_invoiced_receiver_keeps_its_rfc(self):
        receiver = self.customer._skydrop_create_receiver(PERSON)
        receiver.vat = "RASJ8506143K1"
        receiver.vat = RFC_PERSON
        self._create_deposits(1160)._create_invoices(receiver)
        receiver.write({"vat": RFC_PERSON, "zip": "64010"})
        with self.assertRaisesRegex(UserError, "its RFC stays"):
            receiver.vat = "XIA190128J61"

    def test_archived(self):
        receiver = self.customer._skydrop_create_receiver(PERSON)
        receiver._skydrop_make_default()
        self.assertEqual(self.customer._skydrop_get_default_receiver(), receiver)
        receiver._skydrop_archive_receiver()
        self.assertEqual(self.customer._skydrop_get_default_receiver(), self.customer)
        self.assertEqual(self.customer._skydrop_get_receivers(), self.customer)
        with self.assertRaises(BillingError):
            self.customer._skydrop_archive_receiver()

    def test_default_is_one_of_the_customer(self):
        with self.assertRaises(ValidationError):
            self.customer.skydrop_default_receiver_id = self._create_customer("Otra")

    # ------------------------------------------------------------------
    # What was typed
    # ------------------------------------------------------------------

    def test_tidied(self):
        values, suffix = self.customer._skydrop_tidy_receiver_values(
            {
                "rfc": " clu-150408-h76 ",
                "legal_name": "Comercializadora Luna, S.A. de C.V.",
                "zip": " 44100 ",
                "fiscal_regime": "601",
                "cfdi_use": "G03",
            }
        )
        self.assertEqual(values, self.customer._skydrop_receiver_values())
        self.assertEqual(suffix, "S.A. DE C.V.")
        # A person may be called anything.
        _values, suffix = self.customer._skydrop_tidy_receiver_values(
            {**PERSON, "legal_name": "Ana Sa"}
        )
        self.assertEqual(suffix, "")

    def test_check_digit_is_confirmed(self):
        wrong = RFC_PERSON[:-1] + "0"
        other = RFC_PERSON[:-1] + "1"
        self.assertEqual(self._issues(rfc=wrong), [("rfc", "check_digit")])
        self.assertEqual(self._issues(wrong, rfc=wrong), [])
        self.assertEqual(self._issues(wrong, rfc=other), [("rfc", "check_digit")])
        self.assertEqual(self._issues(), [])

    def test_refused(self):
        for typed, issue in (
            ({"rfc": "XAXX010101000", "fiscal_regime": "616"}, ("cfdi_use", "unfit")),
            ({"rfc": "RASJ850614"}, ("rfc", "invalid")),
            ({"fiscal_regime": "601"}, ("fiscal_regime", "unfit")),
            ({"fiscal_regime": "000"}, ("fiscal_regime", "unknown")),
            ({"cfdi_use": "X99"}, ("cfdi_use", "unknown")),
            ({"legal_name": "A|B"}, ("legal_name", "invalid")),
            ({"legal_name": "A" * 301}, ("legal_name", "invalid")),
            ({"zip": "6400"}, ("zip", "invalid")),
        ):
            with self.subTest(typed=typed):
                self.assertIn(issue, self._issues(**typed))
        for rfc in ("XAXX010101000", "XEXX010101000"):
            issues = self._issues(rfc=rfc, fiscal_regime="616", cfdi_use="S01")
            self.assertEqual(issues, [("rfc", "generic")])

    # ------------------------------------------------------------------
    # On the customer's form
    # ------------------------------------------------------------------

    def test_accountant_adds_one_on_the_form(self):
        with Form(self.customer) as form:
            with form.skydrop_receiver_ids.new() as line:
                line.vat = RFC_PERSON
                line.skydrop_legal_name = "Jorge Ramirez Soto"
                line.zip = "64000"
                line.skydrop_fiscal_regime = "612"
                line.skydrop_cfdi_use = "G03"
        receiver = self.customer._skydrop_get_receivers() - self.customer
        self.assertEqual(receiver._skydrop_receiver_values(), PERSON)
        self.assertTrue(receiver._skydrop_is_extra_receiver())
        with self.assertRaises(ValidationError):
            receiver.skydrop_fiscal_regime = "601"

    def test_accountant_may_write_customers(self):
        accountant = self._create_internal_user("receptora", "group_accountant")
        with Form(self.customer.with_user(accountant)) as form:
            form.skydrop_cfdi_use = "S01"
        self.assertEqual(self.customer.skydrop_cfdi_use, "S01")

    def test_rfc_of_a_customer_with_invoices(self):
        """An accountant who corrects it is warned; what was issued keeps its RFC."""
        with self.assertNoLogs("odoo.tests.form.onchange"), Form(self.customer) as form:
            form.vat = "XIA190128J61"
            form.vat = RFC_COMPANY
        invoice = self._create_deposits(100)._create_invoices()
        with (
            self.assertLogs("odoo.tests.form.onchange", "WARNING") as warned,
            Form(self.customer) as form,
        ):
            form.vat = "XIA190128J61"
        self.assertIn(f"keep the RFC {RFC_COMPANY}", warned.output[0])
        self.assertEqual(self.customer.vat, "XIA190128J61")
        self.assertEqual(invoice.skydrop_rfc, RFC_COMPANY)
        self.assertEqual(invoice._skydrop_invoice_fiscal_values()["rfc"], RFC_COMPANY)
        refund = invoice._reverse_moves(cancel=True)
        self.assertEqual(refund.skydrop_rfc, RFC_COMPANY)
        later = self._create_deposits(100)._create_invoices()
        self.assertEqual(later.skydrop_rfc, "XIA190128J61")
