import os
import tempfile

from freezegun import freeze_time
from hypothesis import given, seed
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import sat, token_buckets
from ..tools.amount_in_words import amount_in_words
from .common import RFC_COMPANY, RFC_PERSON
from .random_common import SEED, random_settings

VALUES = {
    word: value
    for value, word in enumerate(
        "CERO UN DOS TRES CUATRO CINCO SEIS SIETE OCHO NUEVE DIEZ ONCE DOCE TRECE"
        " CATORCE QUINCE DIECISÉIS DIECISIETE DIECIOCHO DIECINUEVE VEINTE VEINTIÚN"
        " VEINTIDÓS VEINTITRÉS VEINTICUATRO VEINTICINCO VEINTISÉIS VEINTISIETE"
        " VEINTIOCHO VEINTINUEVE".split()
    )
} | {
    "TREINTA": 30,
    "CUARENTA": 40,
    "CINCUENTA": 50,
    "SESENTA": 60,
    "SETENTA": 70,
    "OCHENTA": 80,
    "NOVENTA": 90,
    "CIEN": 100,
    "CIENTO": 100,
    "DOSCIENTOS": 200,
    "TRESCIENTOS": 300,
    "CUATROCIENTOS": 400,
    "QUINIENTOS": 500,
    "SEISCIENTOS": 600,
    "SETECIENTOS": 700,
    "OCHOCIENTOS": 800,
    "NOVECIENTOS": 900,
}


def read_back(text, nouns, suffix):
    """Read an amount in words, by other rules than those that wrote it.

    :return: the amount in cents
    """
    words, last = text.rsplit(" ", 1)
    assert last == suffix
    *words, noun, cents = words.split()
    assert noun in nouns and cents.endswith("/100")
    if words[-1] == "DE":
        words.pop()
    total = group = 0
    for word in words:
        if word in ("MILLÓN", "MILLONES"):
            total, group = (total + group) * 1_000_000, 0
        elif word == "MIL":
            total, group = total + (group or 1) * 1_000, 0
        elif word != "Y":
            group += VALUES[word]
    return (total + group) * 100 + int(cents[:2])


@tagged("post_install", "-at_install")
class TestAmountInWords(BaseCase):
    @seed(SEED)
    @random_settings(300)
    @given(cents=st.integers(0, 99_999_999_999))
    def test_reads_back(self, cents):
        for currency, nouns, suffix in (
            ("MXN", ("PESO", "PESOS"), "M.N."),
            ("USD", ("DÓLAR", "DÓLARES"), "USD"),
        ):
            text = amount_in_words(cents / 100, currency)
            self.assertEqual(read_back(text, nouns, suffix), cents)
            self.assertEqual(nouns[0] in text.split(), cents // 100 == 1)
            exact = cents >= 100_000_000 and not cents // 100 % 1_000_000
            self.assertEqual(" DE " in text, exact)

    def test_reads_back_where_words_change(self):
        for units in (*range(1, 1_200), *range(1_000, 1_000_000, 1_001)):
            for amount in (units, units * 1_000, min(units, 999) * 1_000_000):
                text = amount_in_words(amount, "MXN")
                self.assertEqual(
                    read_back(text, ("PESO", "PESOS"), "M.N."), amount * 100
                )

    def test_examples(self):
        for amount, currency, words in (
            (0, "MXN", "CERO PESOS 00/100 M.N."),
            (1, "MXN", "UN PESO 00/100 M.N."),
            (1.01, "MXN", "UN PESO 01/100 M.N."),
            (21, "MXN", "VEINTIÚN PESOS 00/100 M.N."),
            (101, "MXN", "CIENTO UN PESOS 00/100 M.N."),
            (1160, "MXN", "MIL CIENTO SESENTA PESOS 00/100 M.N."),
            (21000, "MXN", "VEINTIÚN MIL PESOS 00/100 M.N."),
            (31001, "MXN", "TREINTA Y UN MIL UN PESOS 00/100 M.N."),
            (1000000.50, "MXN", "UN MILLÓN DE PESOS 50/100 M.N."),
            (1000001, "MXN", "UN MILLÓN UN PESOS 00/100 M.N."),
            (21000000, "MXN", "VEINTIÚN MILLONES DE PESOS 00/100 M.N."),
            (1, "USD", "UN DÓLAR 00/100 USD"),
            (2500.10, "USD", "DOS MIL QUINIENTOS DÓLARES 10/100 USD"),
        ):
            with self.subTest(amount=amount, currency=currency):
                self.assertEqual(amount_in_words(amount, currency), words)

    def test_cents_of_floats(self):
        # 1.15 and 0.29 are less than their name in binary.
        self.assertEqual(amount_in_words(1.15, "MXN"), "UN PESO 15/100 M.N.")
        self.assertEqual(amount_in_words(0.29, "MXN"), "CERO PESOS 29/100 M.N.")
        self.assertEqual(
            amount_in_words(0.1 + 0.2, "MXN"),
            "CERO PESOS 30/100 M.N.",
        )


@tagged("post_install", "-at_install")
class TestSat(BaseCase):
    def test_kind_of_person(self):
        self.assertEqual(sat.kind_of_person(RFC_COMPANY), "M")
        self.assertEqual(sat.kind_of_person(RFC_PERSON), "F")
        self.assertIsNone(sat.kind_of_person("ABC"))
        self.assertIsNone(sat.kind_of_person(False))

    def test_rfc(self):
        self.assertTrue(sat.is_valid_rfc(RFC_COMPANY))
        self.assertTrue(sat.is_valid_rfc(RFC_PERSON))
        wrong_digit = RFC_COMPANY[:-1] + "0"
        self.assertTrue(sat.is_valid_rfc(wrong_digit))
        self.assertTrue(sat.has_valid_check_digit(RFC_COMPANY))
        self.assertFalse(sat.has_valid_check_digit(wrong_digit))
        for rfc in ("", False, "CLU150408", "CLU159908H76", "1LU150408H76"):
            with self.subTest(rfc=rfc):
                self.assertFalse(sat.is_valid_rfc(rfc))

    def test_wrong_part_of_rfc(self):
        for rfc, fault in (
            (RFC_COMPANY, None),
            (RFC_PERSON, None),
            ("clu-150408-h76", None),
            (RFC_COMPANY[:-1] + "0", None),
            ("XAXX010101000", None),
            ("", "length"),
            (False, "length"),
            ("CLU150408", "length"),
            ("CLU150408H7", "length"),
            ("RASJ8506143KAA", "length"),
            ("1LU150408H76", "letters"),
            ("RA5J8506143KA", "letters"),
            ("PUTO8506143KA", "letters"),
            ("CLU15O408H76", "date"),
            ("CLU151308H76", "date"),
            ("CLU150231H76", "date"),
            ("PUTO8513143KA", "date"),
            ("CLU150408H7-6", None),
            ("CLU150408H7.", "digit"),
            ("CLU150408Ñ76", "digit"),
        ):
            with self.subTest(rfc=rfc):
                self.assertEqual(sat.rfc_fault(rfc), fault)

    def test_offered_for_a_person(self):
        self.assertEqual(
            sat.regimes_for(RFC_COMPANY), "601 603 610 620 622 623 624 626".split()
        )
        self.assertEqual(sat.regimes_for("nobody"), [])
        self.assertEqual(sat.uses_for("616", RFC_PERSON), ["S01"])
        self.assertEqual(sat.preselected_use("616", RFC_PERSON), "S01")
        self.assertEqual(sat.preselected_use("605", RFC_PERSON), "S01")
        self.assertEqual(sat.preselected_use("601", RFC_COMPANY), "G03")

    def test_motives(self):
        self.assertEqual(list(sat.MOTIVES), ["01", "02", "03", "04"])

    def test_regime_fits_person(self):
        companies = "601 603 610 620 622 623 624 626".split()
        persons = "605 606 607 608 610 611 612 614 615 616 621 625 626".split()
        for regime in sat.FISCAL_REGIMES:
            with self.subTest(regime=regime):
                self.assertEqual(
                    sat.regime_fits(regime, RFC_COMPANY), regime in companies
                )
                self.assertEqual(sat.regime_fits(regime, RFC_PERSON), regime in persons)

    def test_use_fits_regime(self):
        business = "601 603 606 612 620 621 622 623 624 625 626".split()
        deductions = "605 606 607 608 611 612 614 615 625".split()
        for use in sat.CFDI_USES:
            for regime in sat.FISCAL_REGIMES:
                with self.subTest(use=use, regime=regime):
                    expected = {"G": business, "I": business, "D": deductions}.get(
                        use[0], list(sat.FISCAL_REGIMES)
                    )
                    self.assertEqual(
                        sat.use_fits(use, regime, RFC_PERSON), regime in expected
                    )
                    self.assertEqual(
                        sat.use_fits(use, regime, RFC_COMPANY),
                        regime in expected and use[0] != "D",
                    )

    def test_zip(self):
        self.assertTrue(sat.is_valid_zip("06600"))
        for postcode in ("", False, "6600", "066000", "0660a", "06600\n", "٠٦٦٠٠"):
            with self.subTest(postcode=postcode):
                self.assertFalse(sat.is_valid_zip(postcode))

    def test_deposits_have_a_known_form(self):
        self.assertNotIn("99", sat.PAYMENT_FORMS)


@tagged("post_install", "-at_install")
class TestTokenBuckets(BaseCase):
    """The bound on what a session may have calculated."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "buckets")

    def _spend(self, cost, key="a", **options):
        options = {"rate": 2, "capacity": 10, **options}
        return token_buckets.spend(self.path, key, cost, **options)

    def test_empty_then_full_again(self):
        with freeze_time("2026-11-24 12:00:00") as clock:
            self.assertEqual([self._spend(5) for _time in range(2)], [0, 0])
            self.assertEqual(self._spend(5), 2.5)
            self.assertEqual(self._spend(5, key="b"), 0)
            clock.tick(2)
            self.assertEqual(self._spend(5), 0.5)
            clock.tick(0.5)
            self.assertEqual(self._spend(5), 0)
            clock.tick(3600)
            self.assertEqual([self._spend(10), self._spend(1)], [0, 0.5])
            with self.subTest("the clock is set back"):
                clock.move_to("2026-11-24 11:00:00")
                self.assertEqual(self._spend(1), 0.5)

    def test_more_than_a_bucket_holds(self):
        with freeze_time("2026-11-24 12:00:00"):
            self.assertEqual(self._spend(99), 0)
            self.assertEqual(self._spend(99), 5)

    def test_file_stays_small_and_private(self):
        for number in range(300):
            self._spend(1, key=str(number))
        status = os.stat(self.path)
        self.assertLessEqual(
            status.st_size, token_buckets.BUCKETS * token_buckets.BUCKET.size
        )
        self.assertEqual(status.st_mode & 0o077, 0)

    def test_file_that_cannot_be_used(self):
        os.mkdir(self.path)
        with self.assertRaises(OSError):
            self._spend(1)
