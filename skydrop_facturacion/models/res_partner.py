from odoo import api, fields, models

from ..tools import sat


class ResPartner(models.Model):
    """A receiver: the partner of a deposit invoice. Its RFC is ``vat``, its fiscal
    postcode ``zip``."""

    _inherit = "res.partner"

    skydrop_legal_name = fields.Char(
        string="Legal Name",
        help="As in the Constancia de Situación Fiscal: capitals, without the type of"
        " company.",
    )
    skydrop_fiscal_regime = fields.Selection(
        selection=lambda self: sat.selection(sat.FISCAL_REGIMES),
        string="Fiscal Regime",
        help="SAT catalog c_RegimenFiscal.",
    )
    skydrop_cfdi_use = fields.Selection(
        selection=lambda self: sat.selection(sat.CFDI_USES),
        string="CFDI Use",
        help="SAT catalog c_UsoCFDI.",
    )

    def _skydrop_receiver_values(self):
        """Fiscal data of a receiver.

        :return: ``legal_name``, ``rfc``, ``fiscal_regime``, ``zip``, ``cfdi_use``;
            empty strings where nothing is known
        :rtype: dict[str, str]
        """
        self.ensure_one()
        return {
            "legal_name": self.skydrop_legal_name or "",
            "rfc": (self.vat or "").upper(),
            "fiscal_regime": self.skydrop_fiscal_regime or "",
            "zip": self.zip or "",
            "cfdi_use": self.skydrop_cfdi_use or "",
        }

    def _skydrop_get_receivers(self):
        """:return: the partners that the customer's invoices can be made out to: the
            customer, then its own receivers (design, "Fiscal data")
        :rtype: res.partner
        """
        customer = self.commercial_partner_id
        return customer | self.search(
            self._skydrop_get_extra_domain(customer), order="id"
        )

    def _skydrop_get_archived_receivers(self):
        """:return: the receivers of the customer that were taken off its list
        :rtype: res.partner
        """
        domain = self._skydrop_get_extra_domain(self.commercial_partner_id)
        return self.with_context(active_test=False).search(
            [*domain, ("active", "=", False)], order="id"
        )

    def _skydrop_get_receiver_issues(self):
        """Return what keeps the partner from being a receiver, see
        ``_skydrop_check_receiver_values``"""
        return self._skydrop_check_receiver_values(self._skydrop_receiver_values())

    @api.model
    def _skydrop_check_receiver_values(self, values):
        """Judge the fiscal data of a receiver (design, "Fiscal data").

        :param dict values: see ``_skydrop_receiver_values``
        :return: ``(field, code, message)`` of each issue, none if all is well
        :rtype: list[tuple[str, str, str]]
        """
        return [
            *self._skydrop_check_missing(values),
            *self._skydrop_check_fit(values),
            *self._skydrop_check_zip(values),
        ]

    @api.model
    def _skydrop_check_missing(self, values):
        messages = {
            "rfc": self.env._("The RFC is missing."),
            "legal_name": self.env._("The legal name is missing."),
            "zip": self.env._("The postcode of the fiscal address is missing."),
            "fiscal_regime": self.env._("The fiscal regime is missing."),
            "cfdi_use": self.env._("The use of the CFDI is missing."),
        }
        return [
            (field, "missing", message)
            for field, message in messages.items()
            if not values[field]
        ]

    @api.model
    def _skydrop_check_fit(self, values):
        """Whether RFC, regime and use fit together; one issue at a time, since the
        next one may be its consequence."""
        rfc, regime, use = (
            values[field] for field in ("rfc", "fiscal_regime", "cfdi_use")
        )
        fault = sat.rfc_fault(rfc) if rfc else None
        if fault:
            return [("rfc", "invalid", self._skydrop_get_rfc_message(rfc, fault))]
        if regime and regime not in sat.FISCAL_REGIMES:
            return [("fiscal_regime", "unknown", self.env._("Choose a regime."))]
        if use and use not in sat.CFDI_USES:
            return [("cfdi_use", "unknown", self.env._("Choose a use of the CFDI."))]
        if rfc and regime and not sat.regime_fits(regime, rfc):
            message = self.env._(
                "Fiscal regime %(regime)s does not fit the RFC %(rfc)s.",
                regime=regime,
                rfc=rfc,
            )
            return [("fiscal_regime", "unfit", message)]
        if rfc and regime and use and not sat.use_fits(use, regime, rfc):
            message = self.env._(
                "CFDI use %(use)s does not fit the fiscal regime %(regime)s.",
                use=use,
                regime=regime,
            )
            return [("cfdi_use", "unfit", message)]
        return []

    @api.model
    def _skydrop_get_rfc_message(self, rfc, fault):
        """:param str fault: see ``sat.rfc_fault``"""
        messages = {
            "length": self.env._(
                "An RFC has 12 characters for a company and 13 for a person; %(rfc)s"
                " has %(length)s.",
                rfc=rfc,
                length=len(sat.normalize_rfc(rfc)),
            ),
            "letters": self.env._(
                "The letters that RFC %s begins with are not right: a company has"
                " three, a person four.",
                rfc,
            ),
            "date": self.env._(
                "The date in RFC %s (year, month, day: six digits) does not exist.",
                rfc,
            ),
            "digit": self.env._(
                "The last three characters of RFC %s are not letters and digits.", rfc
            ),
        }
        return messages[fault]

    @api.model
    def _skydrop_check_zip(self, values):
        if not values["zip"] or sat.is_valid_zip(values["zip"]):
            return []
        message = self.env._("A postcode has five digits: %s.", values["zip"])
        return [("zip", "invalid", message)]
