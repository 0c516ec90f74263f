import json

from odoo import api, fields, models

from ..exceptions import BillingError
from ..models.res_partner_receiver import RECEIVER_FIELDS
from ..tools import sat


class SkydropInvoiceDeposits(models.TransientModel):
    """The receiver's fiscal data, corrected in the preview by the portal's own rules:
    for this invoice alone, or for the next ones too.

    What nobody touched follows the receiver, who may be corrected meanwhile.
    """

    _inherit = "skydrop.invoice.deposits"

    # By the keys of ``res.partner._skydrop_receiver_values``
    rfc = fields.Char(
        string="RFC", compute="_compute_receiver_data", store=True, readonly=False
    )
    legal_name = fields.Char(
        compute="_compute_receiver_data", store=True, readonly=False
    )
    zip = fields.Char(
        string="Fiscal Postcode",
        compute="_compute_receiver_data",
        store=True,
        readonly=False,
    )
    fiscal_regime = fields.Selection(
        selection=lambda self: sat.selection(sat.FISCAL_REGIMES),
        compute="_compute_receiver_data",
        store=True,
        readonly=False,
    )
    cfdi_use = fields.Selection(
        selection=lambda self: sat.selection(sat.CFDI_USES),
        string="CFDI Use",
        compute="_compute_receiver_data",
        store=True,
        readonly=False,
    )
    filled = fields.Text(compute="_compute_receiver_data", store=True, readonly=False)
    available_regimes = fields.Json(compute="_compute_available_codes")
    available_uses = fields.Json(compute="_compute_available_codes")

    is_rfc_confirmed = fields.Boolean(string="The RFC Is Right")
    save_receiver = fields.Boolean(string="Save for the Next Time", default=True)

    # What is shown
    is_corrected = fields.Boolean(compute="_compute_hints")
    has_wrong_digit = fields.Boolean(compute="_compute_hints")
    hint = fields.Char(compute="_compute_hints")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("receiver_id")
    def _compute_receiver_data(self):
        for wizard in self:
            wizard.update(wizard._prepare_receiver_data())

    def _prepare_receiver_data(self):
        """:return: the fields as they are filled in: what the receiver has, and what
            was typed instead
        :rtype: dict
        """
        values = self.receiver_id._skydrop_receiver_values()
        return {
            "filled": json.dumps({key: values[key] for key in RECEIVER_FIELDS}),
            **{key: values[key] or False for key in RECEIVER_FIELDS},
        }

    @api.depends("rfc", "fiscal_regime")
    def _compute_available_codes(self):
        for wizard in self:
            rfc = sat.normalize_rfc(wizard.rfc)
            regimes = sat.regimes_for(rfc)
            uses = sat.uses_for(wizard.fiscal_regime, rfc)
            # An empty list reaches the browser as "no list", on which its widget fails.
            wizard.available_regimes = regimes or list(sat.FISCAL_REGIMES)
            wizard.available_uses = uses or list(sat.CFDI_USES)

    @api.depends("receiver_id", *RECEIVER_FIELDS)
    def _compute_hints(self):
        for wizard in self:
            typed = wizard._get_typed()
            receiver = wizard.receiver_id
            rfc, suffix = sat.normalize_rfc(typed["rfc"]), ""
            wizard.is_corrected = bool(wizard._get_corrections())
            wizard.has_wrong_digit = (
                rfc != receiver._skydrop_receiver_values()["rfc"]
                and sat.is_valid_rfc(rfc)
                and not sat.has_valid_check_digit(rfc)
            )
            if wizard.is_corrected:
                _values, suffix = receiver._skydrop_tidy_receiver_values(typed)
            wizard.hint = suffix and receiver._skydrop_get_suffix_message(suffix)

    @api.depends("is_rfc_confirmed", *RECEIVER_FIELDS)
    def _compute_preview(self):
        return super()._compute_preview()

    @api.depends(*RECEIVER_FIELDS)
    def _compute_fingerprint(self):
        return super()._compute_fingerprint()

    # ------------------------------------------------------------------
    # What was typed
    # ------------------------------------------------------------------

    def _get_typed(self):
        """:return: what was typed; for what was not touched, what the receiver has
        :rtype: dict[str, str]
        """
        self.ensure_one()
        filled = json.loads(self.filled or "{}")
        current = self.receiver_id._skydrop_receiver_values()
        typed = {key: self[key] or "" for key in RECEIVER_FIELDS}
        return {
            key: current[key] if value == filled.get(key) else value
            for key, value in typed.items()
        }

    def _get_corrections(self):
        """:return: values of the invoice that differ from the receiver's data"""
        typed = self._get_typed()
        current = self.receiver_id._skydrop_receiver_values()
        if all(current[key] == value for key, value in typed.items()):
            return {}
        return self._get_deposits()._prepare_corrections(self.receiver_id, typed)

    def _get_correction_issues(self):
        """Judge as the portal does; but who knows the law may use a general RFC."""
        confirmed = sat.normalize_rfc(self.rfc) if self.is_rfc_confirmed else ""
        issues = self._get_deposits()._get_correction_issues(
            self.receiver_id, self._prepare_move_values(), confirmed
        )
        return [issue for issue in issues if issue[1] != "generic"]

    # ------------------------------------------------------------------
    # Preview and generate
    # ------------------------------------------------------------------

    def _prepare_move_values(self):
        return {**super()._prepare_move_values(), **self._get_corrections()}

    def _get_problems(self, document):
        if not self._get_corrections():
            return super()._get_problems(document)
        return [message for _field, _code, message in self._get_correction_issues()]

    def _generate(self):
        deposits = self._get_deposits()
        if not self._get_corrections() or deposits._find_generated(self.fingerprint):
            return super()._generate()
        self._check_choice()
        for field, code, message in self._get_correction_issues():
            raise BillingError(code, message, field=field)
        return deposits._generate_from_preview(
            self.fingerprint,
            self.receiver_id,
            self._prepare_move_values(),
            save=self.save_receiver,
        )

    def _refuse(self, refusal):
        action = super()._refuse(refusal)
        # The fields show what the preview does.
        typed = self._get_typed()
        self.write(
            {
                **self._prepare_receiver_data(),
                **{key: value or False for key, value in typed.items()},
            }
        )
        # What is compared is what the browser is about to be shown.
        self.flush_recordset()
        return action
