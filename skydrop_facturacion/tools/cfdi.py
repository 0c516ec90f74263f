"""Reading a stamped CFDI 4.0. The file comes from people: it is data to distrust.

Source: SAT, Anexo 20, "cfdv40.xsd" and "TimbreFiscalDigitalv11.xsd".
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from lxml import etree

MAX_XML_SIZE = 1_000_000  # bytes
CFDI = "{http://www.sat.gob.mx/cfd/4}"
STAMP = "{http://www.sat.gob.mx/TimbreFiscalDigital}"
UUID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}")


class CfdiError(ValueError):
    """A file that is no stamped CFDI 4.0.

    :ivar str code: ``too_big``, ``not_xml``, ``doctype``, ``not_cfdi``, ``version``,
        ``not_stamped``, ``incomplete``
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class StampedCfdi:
    """What identifies a stamped CFDI; the total is in ``currency``."""

    uuid: str
    document_type: str
    issuer_rfc: str
    receiver_rfc: str
    total: Decimal
    currency: str


def read_cfdi(content):
    """Read a stamped CFDI 4.0, without entities and without network.

    :param bytes content: the XML file
    :rtype: StampedCfdi
    :raise CfdiError: it is none
    """
    root = _parse(content)
    if etree.QName(root).localname != "Comprobante":
        raise CfdiError("not_cfdi")
    if root.tag != f"{CFDI}Comprobante" or root.get("Version") != "4.0":
        raise CfdiError("version")
    stamps = root.findall(f"{CFDI}Complemento/{STAMP}TimbreFiscalDigital")
    uuid = stamps[0].get("UUID", "").upper() if len(stamps) == 1 else ""
    if not UUID.fullmatch(uuid):
        raise CfdiError("not_stamped")
    issuer, receiver = root.find(f"{CFDI}Emisor"), root.find(f"{CFDI}Receptor")
    if issuer is None or receiver is None:
        raise CfdiError("incomplete")
    return StampedCfdi(
        uuid=uuid,
        document_type=root.get("TipoDeComprobante", ""),
        issuer_rfc=issuer.get("Rfc", "").upper(),
        receiver_rfc=receiver.get("Rfc", "").upper(),
        total=_read_total(root.get("Total", "")),
        currency=root.get("Moneda", ""),
    )


def _parse(content):
    if len(content) > MAX_XML_SIZE:
        raise CfdiError("too_big")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        # A bomb ends here too: libxml2 bounds what entities may grow to.
        raise CfdiError("not_xml") from None
    if root.getroottree().docinfo.doctype:
        raise CfdiError("doctype")
    return root


def _read_total(text):
    if not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,6})?", text):
        raise CfdiError("incomplete")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CfdiError("incomplete") from None
