from odoo.tests import BaseCase, tagged

from ..tools.legal_name import COMPANY_SUFFIXES, split_company_suffix


@tagged("post_install", "-at_install")
class TestLegalName(BaseCase):
    def test_every_suffix_in_every_spelling(self):
        for suffix in COMPANY_SUFFIXES:
            dotted = ". ".join(suffix.split()) + "."
            spellings = {
                suffix,
                dotted,
                # S.A. DE C.V. and SA DE CV, as people write them
                dotted.replace("DE.", "DE").replace("EN.", "EN").replace("POR.", "POR"),
                suffix.replace(" ", "."),
                suffix.replace(" ", ""),
                suffix.lower(),
                f"{suffix} ,",
            }
            for spelling in spellings:
                for joint in (" ", ", ", ",", "  "):
                    with self.subTest(suffix=suffix, spelling=spelling, joint=joint):
                        kept, found = split_company_suffix(f"Luna{joint}{spelling}")
                        self.assertEqual(kept, "LUNA")
                        self.assertTrue(found)

    def test_as_people_write_them(self):
        for typed, kept, suffix in (
            ("Comercializadora Luna, S.A. de C.V.", "COMERCIALIZADORA LUNA", "S.A."),
            ("Comercializadora Luna SA DE CV", "COMERCIALIZADORA LUNA", "SA DE"),
            ("GRUPO SOL S. DE R.L. DE C.V.", "GRUPO SOL", "S. DE R.L. DE C.V."),
            ("GRUPO SOL S DE RL MI", "GRUPO SOL", "S DE RL MI"),
            ("FONDO X S. EN C. POR A.", "FONDO X", "S. EN C. POR A."),
            ("Colegio Ñandú, A.C.", "COLEGIO ÑANDÚ", "A.C."),
            ("  doble   blanco  ", "DOBLE BLANCO", ""),
        ):
            with self.subTest(typed=typed):
                result = split_company_suffix(typed)
                self.assertEqual(result[0], kept)
                self.assertTrue(result[1].startswith(suffix), result[1])

    def test_what_stays(self):
        for name in (
            "CASA DE CV MODELO",
            "CASA DE CV",
            "S.A. DE C.V.",
            "SA",
            "",
            "ABSA",
            "SERVICIOS S.A. DE C.V. DEL NORTE",
            "MUSIC",
            "GRUPO. SOL",
        ):
            with self.subTest(name=name):
                self.assertEqual(split_company_suffix(name), (name, ""))

    def test_long_names_take_no_time(self):
        kept, suffix = split_company_suffix("S. A. " * 20_000 + "X")
        self.assertEqual((len(kept), suffix), (len("S. A. " * 20_000) + 1, ""))
