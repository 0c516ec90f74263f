from datetime import date

from .common import SkydropCommon


class SkydropRequestCommon(SkydropCommon):
    """An invoice of three deposits, a customer, and people at support and
    accounting."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"email": "facturas@skydrop.mx", "skydrop_support_email": "hola@desk.mx"}
        )
        cls.portal_user.partner_id.email = "luna@luna.mx"
        cls.deposits = cls._create_deposits(500, 300, 200)
        cls.invoice = cls.deposits._create_invoices()
        cls.support = cls._create_internal_user("soporte-prueba", "group_support")
        cls.accountant = cls._create_internal_user(
            "contador-prueba", "group_accountant"
        )
        cls.Request = cls.env["skydrop.change.request"]

    def _as_customer(self, user=None):
        """:return: the model as the portal's controllers use it"""
        user = user or self.portal_user
        return self.Request.with_user(user).sudo()

    def _invoice_as_customer(self, invoice=None):
        return (invoice or self.invoice).with_user(self.portal_user).sudo()

    def _ask_cancel(self, invoice=None, **values):
        return self._as_customer()._create_cancel(
            self._invoice_as_customer(invoice), "02", **values
        )

    def _ask_modify(self, confirmed_rfc="", **typed):
        invoice = self._invoice_as_customer()
        return self._as_customer()._create_modify(
            invoice,
            invoice.partner_id,
            typed,
            invoice.skydrop_deposit_ids,
            confirmed_rfc=confirmed_rfc,
        )

    def _ask_split(self, *amounts, receivers=None):
        invoice = self._invoice_as_customer()
        receivers = receivers or [invoice.partner_id] * len(amounts)
        parts = self._as_customer()._split_by_amounts(invoice, amounts, receivers)
        return self._as_customer()._create_split(invoice, parts)

    def _create_receiver(self, name, **values):
        return self._create_customer(
            name, parent_id=self.customer.id, type="other", **values
        )

    def _today(self):
        return date.today()
