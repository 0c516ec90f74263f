from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..exceptions import BillingError
from ..tools import sat

MAX_RECEIVERS = 20
# key of the receiver's values: field of the partner
RECEIVER_FIELDS = {
    "rfc": "vat",
    "legal_name": "skydrop_legal_name",
    "zip": "zip",
    "fiscal_regime": "skydrop_fiscal_regime",
    "cfdi_use": "skydrop_cfdi_use",
}
# What makes a partner an extra receiver; never changed once it is one.
IDENTITY_FIELDS = frozenset({"parent_id", "is_company", "type"})


class ResPartner(models.Model):
    """The receivers of a customer: itself, and extra ones below it. An extra receiver
    is a company of type "other" (natural persons too), so that Odoo copies neither RFC
    nor postcode between it and its customer."""

    _inherit = "res.partner"

    skydrop_default_receiver_id = fields.Many2one(
        comodel_name="res.partner",
        string="Default Receiver",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Who the invoices of deposits are made out to, unless another is chosen."
        " Empty: the customer.",
    )
    skydrop_receiver_ids = fields.One2many(
        comodel_name="res.partner",
        inverse_name="parent_id",
        string="More Receivers",
        domain=[("is_company", "=", True), ("type", "=", "other")],
    )

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("parent_id", "is_company", "type", "active")
    def _check_skydrop_receiver_count(self):
        receivers = self.filtered(lambda p: p.active and p._skydrop_is_extra_receiver())
        for customer in receivers.parent_id:
            if self.search_count(self._skydrop_get_extra_domain(customer)) > (
                MAX_RECEIVERS
            ):
                raise ValidationError(
                    self.env._(
                        "%(customer)s has %(maximum)s receivers already. Archive one"
                        " that is no longer used.",
                        customer=customer.display_name,
                        maximum=MAX_RECEIVERS,
                    )
                )

    @api.constrains("vat", "zip", *list(RECEIVER_FIELDS.values())[1:])
    def _check_skydrop_receiver_data(self):
        for receiver in self:
            if not (
                receiver.skydrop_legal_name and receiver._skydrop_is_extra_receiver()
            ):
                continue
            values = receiver._skydrop_receiver_values()
            for _field, _code, message in [
                *self._skydrop_check_fit(values),
                *self._skydrop_check_zip(values),
            ]:
                raise ValidationError(message)

    @api.constrains("skydrop_default_receiver_id")
    def _check_skydrop_default_receiver(self):
        for customer in self:
            default = customer.skydrop_default_receiver_id
            if default and default not in customer._skydrop_get_receivers():
                raise ValidationError(
                    self.env._(
                        "%(receiver)s is no receiver of %(customer)s.",
                        receiver=default.display_name,
                        customer=customer.display_name,
                    )
                )

    @api.onchange("skydrop_legal_name")
    def _onchange_skydrop_legal_name(self):
        name, suffix = self._skydrop_tidy_legal_name(self.skydrop_legal_name, self.vat)
        self.skydrop_legal_name = name
        if self._skydrop_is_extra_receiver() or not self.name:
            self.name = name
        if suffix:
            return {
                "warning": {
                    "title": self.env._("Legal name"),
                    "message": self._skydrop_get_suffix_message(suffix),
                }
            }
        return None

    @api.onchange("vat")
    def _onchange_skydrop_rfc(self):
        """Tell whoever corrects the RFC of a customer what becomes of its invoices."""
        origin = self._origin
        before = sat.normalize_rfc(origin.vat)
        after = sat.normalize_rfc(self.vat)
        if not before or before == after or not origin._skydrop_has_invoices():
            return None
        return {
            "warning": {
                "title": self.env._("Another RFC"),
                "message": self.env._(
                    "The invoices of %(partner)s keep the RFC %(before)s that they were"
                    " issued with. Change it here only if it was written wrong: another"
                    " legal person is another receiver, to be added below “More"
                    " Receivers”.",
                    partner=origin.display_name,
                    before=before,
                ),
            }
        }

    def write(self, vals):
        if IDENTITY_FIELDS.isdisjoint(vals) and not vals.get("vat"):
            return super().write(vals)
        before = self.filtered(lambda p: p._skydrop_is_extra_receiver())
        parents = {receiver: receiver.parent_id for receiver in before}
        before._skydrop_check_rfc_stays(vals.get("vat"))
        res = super().write(vals)
        after = self.filtered(lambda p: p._skydrop_is_extra_receiver())
        moved = before.filtered(lambda p: p.parent_id != parents[p])
        refused = (before - after) | (after - before) | moved
        if refused:
            raise UserError(
                self.env._(
                    "%s: a receiver of invoices is created below its customer and stays"
                    " there. Create a new one, or archive this one.",
                    refused[0].display_name,
                )
            )
        return res

    def _skydrop_check_rfc_stays(self, rfc):
        """:raise UserError: an extra receiver with invoices would get another RFC"""
        if not rfc:
            return
        for receiver in self:
            if sat.normalize_rfc(receiver.vat) != sat.normalize_rfc(rfc) and (
                receiver._skydrop_has_invoices()
            ):
                raise UserError(
                    self.env._(
                        "%s has invoices, so its RFC stays. Another RFC is another"
                        " receiver: add one.",
                        receiver.display_name,
                    )
                )

    def _skydrop_has_invoices(self):
        self.ensure_one()
        return bool(
            self.env["account.move"]
            .sudo()
            .search_count(
                [("partner_id", "=", self.id), ("posted_before", "=", True)], limit=1
            )
        )

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _skydrop_is_extra_receiver(self):
        """:return: whether the partner is a receiver below a customer"""
        self.ensure_one()
        return bool(self.parent_id) and self.is_company and self.type == "other"

    @api.model
    def _skydrop_get_extra_domain(self, customer):
        return [
            ("parent_id", "=", customer.id),
            ("is_company", "=", True),
            ("type", "=", "other"),
        ]

    def _skydrop_has_values(self, values):
        """:return: whether these are the fiscal data of the receiver already"""
        current = self._skydrop_receiver_values()
        return all(current[key] == values[key] for key in RECEIVER_FIELDS)

    def _skydrop_get_default_receiver(self):
        """:return: whom the customer's invoices are made out to unless another receiver
            is chosen: the default one, or the customer itself
        :rtype: res.partner
        """
        customer = self.commercial_partner_id
        default = customer.skydrop_default_receiver_id
        return default if default.active else customer

    def _can_be_edited_by_current_customer(self, **kwargs):
        # Odoo's address form would detach it, and judges nothing.
        if self._skydrop_is_extra_receiver():
            return False
        return super()._can_be_edited_by_current_customer(**kwargs)

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    def _skydrop_create_receiver(self, values):
        """Add a receiver to the customer. The same data again are the same receiver.

        :param dict values: see ``_skydrop_receiver_values``, judged by the caller
        :return: the receiver
        :rtype: res.partner
        :raise BillingError: ``too_many``
        """
        customer = self.commercial_partner_id
        customer._skydrop_lock_receivers()
        receivers = customer._skydrop_get_receivers()
        same = receivers.filtered(lambda p: p._skydrop_has_values(values))
        if same:
            return same[0]
        customer._skydrop_check_room_for_receiver()
        return self.create(customer._skydrop_prepare_receiver(values))

    def _skydrop_check_room_for_receiver(self):
        """:raise BillingError: ``too_many``"""
        if len(self._skydrop_get_receivers() - self) >= MAX_RECEIVERS:
            raise BillingError(
                "too_many",
                self.env._(
                    "You have %s receivers already. Archive one that you no longer"
                    " use.",
                    MAX_RECEIVERS,
                ),
            )

    def _skydrop_prepare_receiver(self, values):
        """Values of the partner of a new receiver; nothing is written."""
        self.ensure_one()
        mexico = self.env.ref("base.mx")
        return {
            "name": values["legal_name"],
            "parent_id": self.id,
            "is_company": True,
            "type": "other",
            "company_id": self.company_id.id,
            "country_id": mexico.id,
            "lang": self.lang,
            "tz": self.tz,
            **{field: values[key] for key, field in RECEIVER_FIELDS.items()},
        }

    def _skydrop_correct_receiver(self, values):
        """Correct a receiver. Another RFC is another receiver: a new one is added, the
        invoices of this one stay, and it gives up being the default.

        :param dict values: see ``_skydrop_receiver_values``, judged by the caller
        :return: the receiver that has the values now
        :rtype: res.partner
        :raise BillingError: ``too_many``
        """
        self.ensure_one()
        if self._skydrop_has_values(values):
            return self
        current = self._skydrop_receiver_values()
        if current["rfc"] and current["rfc"] != values["rfc"]:
            was_default = self._skydrop_is_default_receiver()
            receiver = self._skydrop_get_customer()._skydrop_create_receiver(values)
            if was_default:
                receiver._skydrop_make_default()
            return receiver
        self.write(self._skydrop_prepare_correction(values))
        return self

    def _skydrop_prepare_correction(self, values):
        to_write = {field: values[key] for key, field in RECEIVER_FIELDS.items()}
        if self._skydrop_is_extra_receiver():
            to_write["name"] = values["legal_name"]
        if not self.country_id:
            to_write["country_id"] = self.env.ref("base.mx").id
        return to_write

    def _skydrop_get_customer(self):
        """:return: the customer whose receiver the partner is"""
        self.ensure_one()
        if self._skydrop_is_extra_receiver():
            return self.parent_id
        return self.commercial_partner_id

    def _skydrop_is_default_receiver(self):
        return self == self._skydrop_get_customer()._skydrop_get_default_receiver()

    def _skydrop_make_default(self):
        """Make the invoices of the customer out to this receiver from now on."""
        customer = self._skydrop_get_customer()
        customer.skydrop_default_receiver_id = self if self != customer else False

    def _skydrop_archive_receiver(self):
        """Take a receiver off the list; its invoices stay.

        :raise BillingError: ``customer`` if it is the customer itself
        """
        self.ensure_one()
        if not self._skydrop_is_extra_receiver():
            raise BillingError(
                "customer",
                self.env._("Your own fiscal data can be corrected, not archived."),
            )
        if self._skydrop_is_default_receiver():
            self.parent_id._skydrop_make_default()
        self.action_archive()

    def _skydrop_restore_receiver(self):
        """Put an archived receiver back on the list.

        :raise BillingError: ``too_many``
        """
        self.ensure_one()
        customer = self.parent_id
        customer._skydrop_lock_receivers()
        customer._skydrop_check_room_for_receiver()
        self.action_unarchive()

    def _skydrop_lock_receivers(self):
        """Two forms sent at once do not exceed the limit: the second one is retried."""
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = write_date WHERE id = %s", [self.id]
        )
