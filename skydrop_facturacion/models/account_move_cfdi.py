import base64
import binascii
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..tools.cfdi import MAX_XML_SIZE, CfdiError, read_cfdi

MAX_PDF_SIZE = 5_000_000  # bytes
CFDI_FIELDS = frozenset({"skydrop_cfdi_uuid", "skydrop_cfdi_xml", "skydrop_cfdi_pdf"})


class AccountMove(models.Model):
    """The CFDI of a deposit invoice, stamped elsewhere and attached here."""

    _inherit = "account.move"

    skydrop_cfdi_uuid = fields.Char(
        string="CFDI UUID", copy=False, readonly=True, help="Fiscal folio of the stamp."
    )
    skydrop_cfdi_xml = fields.Binary(
        string="Stamped CFDI", attachment=True, copy=False, readonly=True
    )
    skydrop_cfdi_pdf = fields.Binary(
        string="PDF of the CFDI", attachment=True, copy=False, readonly=True
    )

    _skydrop_cfdi_uuid_uniq = models.UniqueIndex(
        "(skydrop_cfdi_uuid) WHERE skydrop_cfdi_uuid IS NOT NULL",
        "This CFDI is attached to another invoice.",
    )

    def write(self, vals):
        if not self.env.su and CFDI_FIELDS & vals.keys():
            raise UserError(
                self.env._(
                    "A CFDI is attached by “Attach stamped CFDI”, which reads it."
                )
            )
        return super().write(vals)

    def _post(self, soft=True):
        posted = super()._post(soft)
        for move in posted.filtered("skydrop_cfdi_uuid"):
            move._skydrop_detach_unfit_cfdi()
        return posted

    # ------------------------------------------------------------------
    # Attaching
    # ------------------------------------------------------------------

    def action_skydrop_attach_cfdi(self):
        """Open the dialog that attaches a stamped CFDI."""
        self.ensure_one()
        self._skydrop_check_may_attach()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Attach stamped CFDI"),
            "res_model": "skydrop.attach.cfdi",
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_id": self.id},
        }

    def skydrop_attach_cfdi(self, xml, pdf=None, replace=False):
        """Attach the CFDI that was stamped elsewhere; also an entry point of the API.
        Attaching the same CFDI again changes nothing.

        :param str xml: the stamped XML, base64
        :param str pdf: its printed form, base64, if there is one
        :param bool replace: take the place of another CFDI that is attached already
        :return: the UUID of the CFDI
        :rtype: str
        :raise AccessError: the user is no accountant, or may not write the invoice
        :raise UserError: the file is no stamped CFDI of this invoice, in words
        """
        self.ensure_one()
        self._skydrop_check_may_attach()
        content = self._skydrop_decode(xml)
        cfdi = self._skydrop_read_cfdi(content)
        self._skydrop_check_cfdi(cfdi)
        self._skydrop_check_replaced(cfdi, replace)
        values = {
            "skydrop_cfdi_uuid": cfdi.uuid,
            "skydrop_cfdi_xml": base64.b64encode(content),
        }
        if pdf or cfdi.uuid != self.skydrop_cfdi_uuid:
            values["skydrop_cfdi_pdf"] = pdf and base64.b64encode(
                self._skydrop_check_pdf(self._skydrop_decode(pdf))
            )
        if cfdi.uuid != self.skydrop_cfdi_uuid:
            self.sudo().message_post(
                body=self.env._("CFDI %s attached.", cfdi.uuid),
                author_id=self.env.user.partner_id.id,
            )
        # The rights were checked above; accountants may not write posted invoices.
        self.sudo().write(values)
        return cfdi.uuid

    def _skydrop_check_may_attach(self):
        """:raise AccessError: the user is no accountant; see ``skydrop_attach_cfdi``"""
        if not self.env.su and not self.env.user.has_group(
            "skydrop_facturacion.group_accountant"
        ):
            raise AccessError(self.env._("Only accountants attach stamped CFDI."))
        self.check_access("write")

    def _skydrop_decode(self, text):
        """:return: the bytes of a base64 text of the API or of a binary field"""
        try:
            return base64.b64decode(text or "", validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise UserError(
                self.env._("The file has to be sent as base64 text.")
            ) from None

    def _skydrop_read_cfdi(self, content):
        """:rtype: StampedCfdi
        :raise UserError: says why the file is none"""
        try:
            return read_cfdi(content)
        except CfdiError as error:
            raise UserError(self._skydrop_get_cfdi_message(error.code)) from None

    def _skydrop_get_cfdi_message(self, code):
        """:param str code: of ``CfdiError``"""
        messages = {
            "too_big": self.env._(
                "The file is larger than %s MB, which no CFDI of a deposit is.",
                MAX_XML_SIZE // 1_000_000,
            ),
            "not_xml": self.env._("The file is no XML that can be read."),
            "doctype": self.env._(
                "The file declares a document type, which a CFDI never does."
            ),
            "not_cfdi": self.env._("The XML is no CFDI."),
            "version": self.env._("The CFDI is not of version 4.0."),
            "not_stamped": self.env._(
                "The CFDI carries no stamp (TimbreFiscalDigital) with its UUID."
            ),
            "incomplete": self.env._(
                "The CFDI lacks its issuer, its receiver or its total."
            ),
        }
        return messages[code]

    def _skydrop_check_cfdi(self, cfdi):
        """:raise UserError: the CFDI is not that of the invoice; says what differs"""
        self.ensure_one()
        if self.state != "posted" or not self._skydrop_is_deposit_invoice():
            raise UserError(
                self.env._(
                    "%s: a CFDI is attached to a posted invoice of deposits.",
                    self.display_name,
                )
            )
        differences = self._skydrop_get_cfdi_differences(cfdi)
        if differences:
            raise UserError(
                self.env._(
                    "This is not the CFDI of %(invoice)s:\n%(differences)s",
                    invoice=self.display_name,
                    differences="\n".join(f"- {text}" for text in differences),
                )
            )
        other = self.sudo().search(
            [("skydrop_cfdi_uuid", "=", cfdi.uuid), ("id", "!=", self.id)], limit=1
        )
        if other:
            raise UserError(
                self.env._(
                    "CFDI %(uuid)s is attached to %(invoice)s already.",
                    uuid=cfdi.uuid,
                    invoice=other.display_name,
                )
            )

    def _skydrop_get_cfdi_differences(self, cfdi):
        """:return: a sentence for each thing in which invoice and CFDI differ
        :rtype: list[str]
        """
        total = Decimal(f"{self.amount_total:.2f}")
        issuer = self.company_id.partner_id._skydrop_receiver_values()["rfc"]
        receiver = self._skydrop_invoice_fiscal_values()["rfc"]
        return [
            self.env._(
                "%(what)s: %(cfdi)s in the CFDI, %(invoice)s in the invoice",
                what=what,
                cfdi=found,
                invoice=expected or "—",
            )
            for what, found, expected in (
                (self.env._("Type"), cfdi.document_type, "I"),
                (self.env._("RFC of the issuer"), cfdi.issuer_rfc, issuer),
                (self.env._("RFC of the receiver"), cfdi.receiver_rfc, receiver),
                (self.env._("Total"), cfdi.total, total),
                (self.env._("Currency"), cfdi.currency, self.currency_id.name),
            )
            if found != expected
        ]

    def _skydrop_check_replaced(self, cfdi, replace):
        """:raise UserError: another CFDI is attached and shall not be replaced"""
        attached = self.skydrop_cfdi_uuid
        if attached and attached != cfdi.uuid and not replace:
            raise UserError(
                self.env._(
                    "%(invoice)s has CFDI %(uuid)s. Say that it is to be replaced.",
                    invoice=self.display_name,
                    uuid=attached,
                )
            )

    def _skydrop_check_pdf(self, content):
        """:return: the bytes
        :raise UserError: they are no PDF, or too many"""
        if not content.startswith(b"%PDF-") or len(content) > MAX_PDF_SIZE:
            raise UserError(
                self.env._(
                    "The printed CFDI has to be a PDF of at most %s MB.",
                    MAX_PDF_SIZE // 1_000_000,
                )
            )
        return content

    def _skydrop_detach_unfit_cfdi(self):
        """A CFDI stays through cancelling and resetting. An invoice that was changed
        and posted again needs another one."""
        self.ensure_one()
        cfdi = self._skydrop_read_cfdi(base64.b64decode(self.sudo().skydrop_cfdi_xml))
        differences = self._skydrop_get_cfdi_differences(cfdi)
        if not differences:
            return
        self.sudo().message_post(
            body=self.env._(
                "CFDI %(uuid)s no longer fits the invoice and was detached: %(why)s",
                uuid=cfdi.uuid,
                why="; ".join(differences),
            ),
            attachments=[(f"{cfdi.uuid}.xml", base64.b64decode(self.skydrop_cfdi_xml))],
        )
        self.sudo().write(dict.fromkeys(CFDI_FIELDS, False))

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def _skydrop_fiscal_files(self):
        """The files that make the invoice a fiscal document; addons add theirs.

        :return: ``(name, mimetype, content)`` of each file, none before it is stamped
        :rtype: list[tuple[str, str, bytes]]
        """
        self.ensure_one()
        name = (self.name or self.skydrop_cfdi_uuid or "").replace("/", "_")
        files = (
            (f"{name}_CFDI.xml", "application/xml", self.skydrop_cfdi_xml),
            (f"{name}_CFDI.pdf", "application/pdf", self.skydrop_cfdi_pdf),
        )
        return [
            (file_name, mimetype, base64.b64decode(content))
            for file_name, mimetype, content in files
            if content
        ]
