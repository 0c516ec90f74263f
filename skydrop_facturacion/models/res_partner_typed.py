from odoo import api, models

from ..tools import sat
from ..tools.legal_name import MAX_LENGTH, normalize_legal_name, split_company_suffix


class ResPartner(models.Model):
    """Fiscal data that somebody typed, whoever's they become: read and judged."""

    _inherit = "res.partner"

    @api.model
    def _skydrop_tidy_receiver_values(self, typed):
        """Read what somebody typed.

        :param dict typed: strings by the keys of ``_skydrop_receiver_values``
        :return: the values as they are stored, and the company suffix that was taken
            off the legal name (empty if none was)
        :rtype: tuple[dict[str, str], str]
        """
        rfc = sat.normalize_rfc(typed.get("rfc"))
        name, suffix = self._skydrop_tidy_legal_name(typed.get("legal_name"), rfc)
        return {
            "rfc": rfc,
            "legal_name": name,
            "zip": (typed.get("zip") or "").strip(),
            "fiscal_regime": typed.get("fiscal_regime") or "",
            "cfdi_use": typed.get("cfdi_use") or "",
        }, suffix

    @api.model
    def _skydrop_tidy_legal_name(self, name, rfc):
        if sat.kind_of_person(rfc) == sat.COMPANY:
            return split_company_suffix(name)
        return normalize_legal_name(name), ""

    @api.model
    def _skydrop_get_suffix_message(self, suffix):
        return self.env._(
            "The SAT wants the name without the type of company, so we took “%s” off.",
            suffix,
        )

    @api.model
    def _skydrop_check_typed_values(self, values, confirmed_rfc=""):
        """Judge what a customer typed: more strictly than what an invoice needs.

        :param dict values: see ``_skydrop_receiver_values``
        :param str confirmed_rfc: RFC whose check digit the customer says is right
        :return: ``(field, code, message)`` of each issue; code ``check_digit`` is
            answered by confirming the RFC
        :rtype: list[tuple[str, str, str]]
        """
        issues = self._skydrop_check_receiver_values(values)
        if any(field == "rfc" for field, _code, _message in issues):
            return issues
        rfc = values["rfc"]
        if rfc in sat.GENERIC_RFCS:
            message = self.env._(
                "%s is the RFC of the general public. Write your own.", rfc
            )
            issues.append(("rfc", "generic", message))
        elif rfc != confirmed_rfc and not sat.has_valid_check_digit(rfc):
            message = self.env._("The check digit does not match. Is it right?")
            issues.append(("rfc", "check_digit", message))
        return [*issues, *self._skydrop_check_name_length(values)]

    @api.model
    def _skydrop_check_name_length(self, values):
        name = values["legal_name"]
        if len(name) <= MAX_LENGTH and "|" not in name:
            return []
        message = self.env._(
            "A legal name has at most %s characters, and no vertical bar.", MAX_LENGTH
        )
        return [("legal_name", "invalid", message)]
