from datetime import datetime

from odoo import Command
from odoo.tests import TransactionCase, new_test_user

RFC_COMPANY = "CLU150408H76"
RFC_PERSON = "RASJ8506143KA"


class SkydropCommon(TransactionCase):
    """A Mexican company, a customer with a portal user, a factory of deposits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.company = cls._find_mexican_company()
        cls.company._skydrop_set_up()
        cls.env.user.write(
            {
                "company_ids": [Command.link(cls.company.id)],
                "company_id": cls.company.id,
                "tz": "America/Mexico_City",
            }
        )
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.company = cls.company.with_env(cls.env)
        cls.product = cls.company.skydrop_product_id
        cls.tax = cls.product.taxes_id
        cls.mxn = cls.env.ref("base.MXN")
        cls.usd = cls.env.ref("base.USD")
        cls.usd.active = True
        cls.env["res.currency.rate"].create(
            {
                "currency_id": cls.usd.id,
                "company_id": cls.company.id,
                "name": "2020-01-01",
                "inverse_company_rate": 18.2547,
            }
        )
        cls.customer = cls._create_customer("Comercializadora Luna")
        cls.portal_user = cls._create_portal_user("luna", cls.customer)

    @classmethod
    def _find_mexican_company(cls):
        Company = cls.env["res.company"]
        company = Company.search([("chart_template", "=", "mx")], limit=1)
        if not company:
            company = Company.create(
                {"name": "Empresa de prueba", "country_id": cls.env.ref("base.mx").id}
            )
            cls.env["account.chart.template"].try_loading("mx", company)
        return company

    @classmethod
    def _create_customer(cls, name, **values):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "vat": RFC_COMPANY,
                "zip": "44100",
                "country_id": cls.env.ref("base.mx").id,
                "skydrop_legal_name": name.upper(),
                "skydrop_fiscal_regime": "601",
                "skydrop_cfdi_use": "G03",
                **values,
            }
        )

    @classmethod
    def _create_portal_user(cls, login, customer):
        return new_test_user(
            cls.env,
            login=login,
            password=login,
            groups="base.group_portal",
            partner_id=cls.env["res.partner"]
            .create({"name": login, "parent_id": customer.id, "email": f"{login}@x.mx"})
            .id,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _create_internal_user(cls, login, group):
        """One of the staff, with a role of this addon; the password is the login."""
        return new_test_user(
            cls.env,
            login=login,
            password=login,
            groups=f"base.group_user,skydrop_facturacion.{group}",
            email=f"{login}@skydrop.mx",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _create_deposits(cls, *amounts, **values):
        """Confirmed deposits of the customer, one an amount, in that order."""
        origin = values.get("origin", "payment")
        deposits = cls.env["skydrop.deposit"].create(
            [
                {
                    "partner_id": cls.customer.id,
                    "company_id": cls.company.id,
                    "currency_id": cls.mxn.id,
                    "amount": amount,
                    "date": datetime(2026, 3, 10, 12, 0),
                    "payment_form": "03" if origin == "payment" else False,
                    **values,
                }
                for amount in amounts
            ]
        )
        deposits.action_confirm()
        return deposits

    @classmethod
    def _create_payment(cls, amount, **values):
        payment = cls.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": cls.customer.id,
                "amount": amount,
                "currency_id": cls.mxn.id,
                "company_id": cls.company.id,
                **values,
            }
        )
        payment.action_post()
        return payment

    def _document(self, deposits, receiver=None, values=None):
        return self.env["skydrop.invoice.document"]._from_deposits(
            deposits, receiver, values
        )
