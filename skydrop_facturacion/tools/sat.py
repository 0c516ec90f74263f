"""SAT catalogs and the rules between them, for receivers of a CFDI 4.0.

Source: SAT, "Catálogos CFDI Versión 4.0" (catCFDI), sheets c_RegimenFiscal,
c_UsoCFDI and c_FormaPago, and the motives of the cancellation service, as in force in
November 2026; the pairs of regime and use as listed in the project's design, section
"Fiscal data". The names are official Spanish names, so they are not translatable terms.
"""

import re

from stdnum.exceptions import (
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
)
from stdnum.mx import rfc as stdnum_rfc

COMPANY, PERSON = "M", "F"

# Of the general public and of foreigners; nobody's own.
GENERIC_RFCS = frozenset({"XAXX010101000", "XEXX010101000"})

# code: (name, kinds of person that may have it)
FISCAL_REGIMES = {
    "601": ("General de Ley Personas Morales", "M"),
    "603": ("Personas Morales con Fines no Lucrativos", "M"),
    "605": ("Sueldos y Salarios e Ingresos Asimilados a Salarios", "F"),
    "606": ("Arrendamiento", "F"),
    "607": ("Régimen de Enajenación o Adquisición de Bienes", "F"),
    "608": ("Demás ingresos", "F"),
    "610": (
        "Residentes en el Extranjero sin Establecimiento Permanente en México",
        "MF",
    ),
    "611": ("Ingresos por Dividendos (socios y accionistas)", "F"),
    "612": ("Personas Físicas con Actividades Empresariales y Profesionales", "F"),
    "614": ("Ingresos por intereses", "F"),
    "615": ("Régimen de los ingresos por obtención de premios", "F"),
    "616": ("Sin obligaciones fiscales", "F"),
    "620": (
        "Sociedades Cooperativas de Producción que optan por diferir sus ingresos",
        "M",
    ),
    "621": ("Incorporación Fiscal", "F"),
    "622": ("Actividades Agrícolas, Ganaderas, Silvícolas y Pesqueras", "M"),
    "623": ("Opcional para Grupos de Sociedades", "M"),
    "624": ("Coordinados", "M"),
    "625": (
        "Régimen de las Actividades Empresariales con ingresos a través de "
        "Plataformas Tecnológicas",
        "F",
    ),
    "626": ("Régimen Simplificado de Confianza", "MF"),
}

BUSINESS_REGIMES = frozenset("601 603 606 612 620 621 622 623 624 625 626".split())
PERSONAL_DEDUCTION_REGIMES = frozenset("605 606 607 608 611 612 614 615 625".split())
ALL_REGIMES = frozenset(FISCAL_REGIMES)

# code: (name, regimes it fits); D01 to D10 are for natural persons only
CFDI_USES = {
    "G01": ("Adquisición de mercancías", BUSINESS_REGIMES),
    "G02": ("Devoluciones, descuentos o bonificaciones", BUSINESS_REGIMES),
    "G03": ("Gastos en general", BUSINESS_REGIMES),
    "I01": ("Construcciones", BUSINESS_REGIMES),
    "I02": ("Mobiliario y equipo de oficina por inversiones", BUSINESS_REGIMES),
    "I03": ("Equipo de transporte", BUSINESS_REGIMES),
    "I04": ("Equipo de cómputo y accesorios", BUSINESS_REGIMES),
    "I05": ("Dados, troqueles, moldes, matrices y herramental", BUSINESS_REGIMES),
    "I06": ("Comunicaciones telefónicas", BUSINESS_REGIMES),
    "I07": ("Comunicaciones satelitales", BUSINESS_REGIMES),
    "I08": ("Otra maquinaria y equipo", BUSINESS_REGIMES),
    "D01": (
        "Honorarios médicos, dentales y gastos hospitalarios",
        PERSONAL_DEDUCTION_REGIMES,
    ),
    "D02": (
        "Gastos médicos por incapacidad o discapacidad",
        PERSONAL_DEDUCTION_REGIMES,
    ),
    "D03": ("Gastos funerales", PERSONAL_DEDUCTION_REGIMES),
    "D04": ("Donativos", PERSONAL_DEDUCTION_REGIMES),
    "D05": (
        "Intereses reales efectivamente pagados por créditos hipotecarios "
        "(casa habitación)",
        PERSONAL_DEDUCTION_REGIMES,
    ),
    "D06": ("Aportaciones voluntarias al SAR", PERSONAL_DEDUCTION_REGIMES),
    "D07": ("Primas por seguros de gastos médicos", PERSONAL_DEDUCTION_REGIMES),
    "D08": (
        "Gastos de transportación escolar obligatoria",
        PERSONAL_DEDUCTION_REGIMES,
    ),
    "D09": (
        "Depósitos en cuentas para el ahorro, primas que tengan como base planes "
        "de pensiones",
        PERSONAL_DEDUCTION_REGIMES,
    ),
    "D10": (
        "Pagos por servicios educativos (colegiaturas)",
        PERSONAL_DEDUCTION_REGIMES,
    ),
    "S01": ("Sin efectos fiscales", ALL_REGIMES),
}

# c_FormaPago without 99 "Por definir": a deposit has been paid in a known form.
PAYMENT_FORMS = {
    "01": "Efectivo",
    "02": "Cheque nominativo",
    "03": "Transferencia electrónica de fondos",
    "04": "Tarjeta de crédito",
    "05": "Monedero electrónico",
    "06": "Dinero electrónico",
    "08": "Vales de despensa",
    "12": "Dación en pago",
    "13": "Pago por subrogación",
    "14": "Pago por consignación",
    "15": "Condonación",
    "17": "Compensación",
    "23": "Novación",
    "24": "Confusión",
    "25": "Remisión de deuda",
    "26": "Prescripción o caducidad",
    "27": "A satisfacción del acreedor",
    "28": "Tarjeta de débito",
    "29": "Tarjeta de servicios",
    "30": "Aplicación de anticipos",
    "31": "Intermediario pagos",
}
PAYMENT_METHODS = {"PUE": "Pago en una sola exhibición"}

# Motives of a cancellation.
MOTIVES = {
    "01": "Comprobante emitido con errores con relación",
    "02": "Comprobante emitido con errores sin relación",
    "03": "No se llevó a cabo la operación",
    "04": "Operación nominativa relacionada en la factura global",
}


def selection(catalog):
    """:return: ``[(code, "code name")]`` of a catalog, for a selection field."""
    return [
        (code, f"{code} {entry if isinstance(entry, str) else entry[0]}")
        for code, entry in catalog.items()
    ]


def name_of(catalog, code):
    """:return: the official name of a code, an empty string for an unknown one."""
    entry = catalog.get(code, "")
    return entry if isinstance(entry, str) else entry[0]


def kind_of_person(rfc):
    """:return: ``M`` for the RFC of a company, ``F`` for a person's, else ``None``."""
    return {12: COMPANY, 13: PERSON}.get(len(stdnum_rfc.compact(rfc or "")))


def normalize_rfc(text):
    """:return: the RFC as the SAT writes it: capitals, no separators"""
    return stdnum_rfc.compact(text or "")


def rfc_fault(rfc):
    """Which part of an RFC is wrong. The check digit is not judged, since about 1.5 %
    of real RFCs carry a wrong one.

    :param str rfc: with or without separators
    :return: ``length``, ``letters`` (the first three or four), ``date`` (six digits
        that are a day), ``digit`` (the last three characters), or ``None``
    """
    rfc = normalize_rfc(rfc)
    if len(rfc) not in (12, 13):
        return "length"
    letters = len(rfc) - 9
    try:
        stdnum_rfc.validate(rfc, validate_check_digits=False)
    except InvalidLength:
        return "length"
    except InvalidFormat:
        return _misformed_part(rfc, letters)
    except InvalidComponent:
        # Either a day that does not exist, or letters that the SAT gives nobody.
        return "date" if _is_no_day(rfc) else "letters"
    return None


def _misformed_part(rfc, letters):
    if not re.fullmatch("[A-Z&Ñ]+", rfc[:letters]):
        return "letters"
    if not re.fullmatch("[0-9]{6}", rfc[letters:-3]):
        return "date"
    return "digit"


def _is_no_day(rfc):
    """Whether the date is the fault: with innocent letters it still is."""
    innocent = "X" * (len(rfc) - 9) + rfc[-9:]
    return not stdnum_rfc.is_valid(innocent, validate_check_digits=False)


def is_valid_rfc(rfc):
    """:return: whether length, letters and date of an RFC fit, see ``rfc_fault``"""
    return rfc_fault(rfc) is None


def has_valid_check_digit(rfc):
    """:return: whether the last character agrees with the rest of a valid RFC."""
    try:
        stdnum_rfc.validate(rfc, validate_check_digits=True)
    except (InvalidChecksum, InvalidComponent):
        return False
    return True


def regime_fits(regime, rfc):
    """:return: whether the kind of person that has this RFC may have the regime."""
    return (kind_of_person(rfc) or "?") in FISCAL_REGIMES[regime][1]


def use_fits(cfdi_use, regime, rfc):
    """:return: whether the use of the CFDI is allowed for this regime and person."""
    if cfdi_use.startswith("D") and kind_of_person(rfc) != PERSON:
        return False
    return regime in CFDI_USES[cfdi_use][1]


def regimes_for(rfc):
    """:return: codes of the regimes that the kind of person with this RFC may have"""
    return [code for code in FISCAL_REGIMES if regime_fits(code, rfc)]


def uses_for(regime, rfc):
    """:return: codes of the uses that fit a regime and the person with this RFC"""
    return [code for code in CFDI_USES if use_fits(code, regime, rfc)]


def preselected_use(regime, rfc):
    """:return: G03 where it fits, else S01"""
    return "G03" if use_fits("G03", regime, rfc) else "S01"


def is_valid_zip(postcode):
    """:return: whether it is a Mexican postcode: five digits."""
    return bool(re.fullmatch(r"[0-9]{5}", postcode or ""))
