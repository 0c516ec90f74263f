"""Legal names as the Constancia de Situación Fiscal writes them: capitals, without the
type of company.

Source: the project's design, section "Fiscal data"; SAT, "Guía de llenado de los CFDI
4.0", node Receptor, attribute Nombre.
"""

import re
import unicodedata

# Types of company, written with blanks where dots, commas or blanks may stand.
COMPANY_SUFFIXES = (
    "S A",
    "S A DE C V",
    "S A B",
    "S A B DE C V",
    "S A P I",
    "S A P I DE C V",
    "S A S",
    "S A S DE C V",
    "S DE R L",
    "S DE R L DE C V",
    "S DE R L M I",
    "S DE R L DE M I",
    "S C",
    "S C DE R L",
    "S C DE R L DE C V",
    "S C L",
    "A C",
    "S EN C",
    "S EN C POR A",
    "S N C",
    "S P R DE R L",
    "I A P",
    "A B P",
)
MAX_LENGTH = 300  # of the attribute in cfdv40.xsd


# More than the longest suffix with its dots and blanks.
TAIL_LENGTH = 60


def _build_pattern():
    separator = r"[\s.,]*"
    alternatives = "|".join(
        separator.join(suffix.replace(" ", "")) for suffix in COMPANY_SUFFIXES
    )
    # The suffix stands apart from the name: "CASA DE CV" has none.
    return re.compile(rf"[\s,](?P<suffix>(?:{alternatives}))$")


_SUFFIX = _build_pattern()


def normalize_legal_name(text):
    """:return: the name in capitals, composed, with single blanks"""
    return " ".join(unicodedata.normalize("NFC", text or "").upper().split())


def split_company_suffix(name):
    """Part a company's name from its type. Only for names of companies: a person may
    be called anything.

    :param str name: as somebody typed it
    :return: the name in capitals, and the suffix as it was typed, empty if there is
        none; a name that is nothing but a suffix is kept
    :rtype: tuple[str, str]
    """
    name = normalize_legal_name(name)
    bare = name.rstrip(" .,")
    start = max(len(bare) - TAIL_LENGTH, 0)
    match = _SUFFIX.search(bare, start)
    kept = bare[: match.start()].rstrip(" ,") if match else ""
    if not any(char.isalnum() for char in kept):
        return name, ""
    return kept, name[match.start("suffix") :].strip(" ,")
