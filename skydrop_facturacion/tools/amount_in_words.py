"""Amounts in Spanish words, as Mexican invoices carry them."""

import re

from num2words import num2words

# ISO code: (singular, plural, suffix after the cents)
CURRENCY_WORDS = {
    "MXN": ("PESO", "PESOS", "M.N."),
    "USD": ("DÓLAR", "DÓLARES", "USD"),
}
# "uno" loses its ending before a masculine noun and before mil and millones:
# UN PESO, VEINTIÚN MIL PESOS. num2words leaves that to its caller.
APOCOPES = (
    (re.compile(r"veintiuno(?= mil|$)"), "veintiún"),
    (re.compile(r"\buno(?= mil|$)"), "un"),
)


def amount_in_words(amount, currency_code):
    """Write an amount in capitals: ``MIL CIENTO SESENTA PESOS 00/100 M.N.``

    :param float amount: 0 to 999,999,999.99, already rounded to the cent
    :param str currency_code: ISO code; one that is not in ``CURRENCY_WORDS`` is
        written with its code in place of the noun
    :return: the words, accents kept
    :rtype: str
    """
    units, cents = divmod(round(amount * 100), 100)
    singular, plural, suffix = CURRENCY_WORDS.get(
        currency_code, (currency_code, currency_code, currency_code)
    )
    words = num2words(units, lang="es")
    for pattern, apocope in APOCOPES:
        words = pattern.sub(apocope, words)
    noun = singular if units == 1 else plural
    if units and units % 1_000_000 == 0:
        noun = f"DE {noun}"
    return f"{words.upper()} {noun} {cents:02d}/100 {suffix}"
