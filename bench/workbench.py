"""A database of its own, and the data that rows measure with."""

import contextlib
import logging
import os
from datetime import datetime, time, timedelta

import psycopg2
from devenv.databases import PREFIX, Databases
from devenv.environment import Environment
from devenv.paths import CONFIG

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tools import config

WINDOW_DAYS = 7
# The first day of the window that is over: its invoice is dated today by then.
WINDOW_AGE = timedelta(days=WINDOW_DAYS + 5)


class Workbench:
    """A database with the addon, and Odoo on it in this process.

    :ivar env: Odoo's environment, as the superuser, without any context
    :ivar company: the Mexican company, set up to invoice
    """

    def __init__(self, name, make=None, addons_path=""):
        """
        :param str name: a word for the database
        :param make: function that makes it, given ``Databases`` and its name; by
            default a fresh one with the addon
        :param str addons_path: folder of further addons
        """
        self.environment = Environment()
        self.databases = Databases(self.environment)
        self.db = f"{PREFIX}bench_{name}"
        (make or Databases.fresh)(self.databases, self.db)
        os.environ.update(self.environment.env())
        parse_config(self.db, addons_path)
        self.registry = Registry(self.db)
        self._open()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.env.cr.close()
        self.databases.drop(self.db)

    def _open(self):
        self.env = api.Environment(self.registry.cursor(), SUPERUSER_ID, {})
        Company = self.env["res.company"]
        self.company = Company.search([("chart_template", "=", "mx")], limit=1)
        self._set_up()
        self.env.cr.commit()

    def _set_up(self):
        self.company._skydrop_set_up()
        self.product = self.company.skydrop_product_id
        self.journal = self.company.skydrop_journal_id

    def commit(self):
        """Commit, and let Odoo forget what it read."""
        self.env.cr.commit()
        self.env.invalidate_all()

    def rollback(self):
        """Undo what was measured."""
        self.env.cr.rollback()
        self.env.invalidate_all()

    def vacuum(self):
        """Give PostgreSQL what it knows about tables at rest."""
        self.commit()
        options = self.environment.server.env()
        with contextlib.closing(
            psycopg2.connect(
                host=options["PGHOST"],
                port=options.get("PGPORT"),
                user=options.get("PGUSER"),
                dbname=self.db,
            )
        ) as connection:
            connection.autocommit = True
            connection.cursor().execute("VACUUM ANALYZE")

    # ------------------------------------------------------------------
    # Data
    # ------------------------------------------------------------------

    def customers(self, count, **values):
        """Customers whose fiscal data are complete."""
        Partner = self.env["res.partner"].with_context(tracking_disable=True)
        return Partner.create(
            [{**self.customer_values(number), **values} for number in range(count)]
        )

    def customer_values(self, number):
        """Values of one customer."""
        return {
            "name": f"Cliente {number}",
            "is_company": True,
            "vat": rfc(number),
            "zip": f"{44100 + number % 900}",
            "country_id": self.env.ref("base.mx").id,
            "skydrop_legal_name": f"CLIENTE {number}",
            "skydrop_fiscal_regime": "601",
            "skydrop_cfdi_use": "G03",
        }

    def portal_user(self, login, customer):
        """A contact of the customer that can sign in; the password is the login."""
        contact = self.env["res.partner"].create(
            {"name": login, "parent_id": customer.id, "email": f"{login}@example.com"}
        )
        return self._user(login, contact, "base.group_portal")

    def accountant(self, login):
        """Somebody of the staff; the password is the login."""
        contact = self.env["res.partner"].create(
            {"name": login, "email": f"{login}@example.com"}
        )
        return self._user(login, contact, "skydrop_facturacion.group_accountant")

    def _user(self, login, contact, group):
        group = self.env.ref(group)
        if group.get_external_id()[group.id].startswith("skydrop"):
            group |= self.env.ref("base.group_user")
        return self.env["res.users"].create(
            {
                "login": login,
                "password": login,
                "partner_id": contact.id,
                "group_ids": [Command.set(group.ids)],
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
                "lang": "es_MX",
            }
        )

    def amounts(self, count):
        """Amounts paid, taxes included, no two of them the same."""
        return [116.0 + number * 11.61 for number in range(count)]

    def deposit_values(self, customer, count):
        """Values of confirmed deposits, paid on the days of the window."""
        noon = datetime.combine(datetime.now().date() - WINDOW_AGE, time(18))
        return [
            {
                "partner_id": customer.id,
                "company_id": self.company.id,
                "currency_id": self.company.currency_id.id,
                "amount": amount,
                "date": noon + timedelta(days=number % WINDOW_DAYS),
                "payment_form": "03",
                "state": "confirmed",
            }
            for number, amount in enumerate(self.amounts(count))
        ]

    def deposits(self, customers, count):
        """So many confirmed deposits of each customer."""
        Deposit = self.env["skydrop.deposit"].with_context(tracking_disable=True)
        return Deposit.create(
            [
                values
                for customer in customers
                for values in self.deposit_values(customer, count)
            ]
        )

    def rules(self, customers):
        """Automatic invoicing of these customers, one window of which is over."""
        start = datetime.now().date() - WINDOW_AGE
        Rule = self.env["skydrop.auto.billing"].with_context(tracking_disable=True)
        return Rule.create(
            [
                {
                    "partner_id": customer.id,
                    "company_id": self.company.id,
                    "mode": "period",
                    "period_days": str(WINDOW_DAYS),
                    "start_date": start,
                    "covered_from": start,
                }
                for customer in customers
            ]
        )

    def plain_invoice_values(self, customer, count):
        """Values of a plain invoice of as many lines, on the same product, with the
        same taxes and the same total."""
        today = self.env["skydrop.deposit"]._get_invoice_date(self.company)
        taxes = self.product.taxes_id._filter_taxes_by_company(self.company)
        return {
            "move_type": "out_invoice",
            "company_id": self.company.id,
            "journal_id": self.journal.id,
            "partner_id": customer.id,
            "invoice_date": today,
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": self.product.id,
                        "name": f"Recarga {number}",
                        "quantity": 1.0,
                        "price_unit": amount / 1.16,
                        "tax_ids": [Command.set(taxes.ids)],
                    }
                )
                for number, amount in enumerate(self.amounts(count))
            ],
        }

    def plain_invoices(self, customers, count):
        """Create and post plain invoices, as any program would: the floor."""
        moves = self.env["account.move"].create(
            [self.plain_invoice_values(customer, count) for customer in customers]
        )
        moves._post(soft=False)
        return moves


class PeerBench(Workbench):
    """The same without the addon, on a database with another one."""

    def _set_up(self):
        self.journal = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", self.company.id)], limit=1
        )
        self.product = self.env["product.product"].create(
            {
                "name": "Recarga de saldo prepago",
                "type": "service",
                "list_price": 0.0,
                "company_id": self.company.id,
                "taxes_id": [Command.set(self.company.account_sale_tax_id.ids)],
                # subscription_oca asks the product for it, and nobody else.
                "property_account_income_id": self.journal.default_account_id.id,
            }
        )

    def customer_values(self, number):
        """Values of one customer, without those of the addon."""
        values = super().customer_values(number)
        return {k: v for k, v in values.items() if not k.startswith("skydrop_")}


def rfc(number):
    """:return: the RFC of a company, another one for each number"""
    month, day = divmod(number // 27 % 336, 28)
    prefix = chr(ord("A") + number // 9072 % 26)
    return f"{prefix}LU{number % 27:02}{month + 1:02}{day + 1:02}H76"


def parse_config(database, addons_path=""):
    """Tell Odoo where everything is, and to be quiet."""
    args = ["-c", str(CONFIG), "-d", database, "--no-http"]
    if addons_path:
        args += ["--addons-path", f"{addons_path},{own_addons_path()}"]
    config.parse_config(args, setup_logging=False)
    logging.getLogger().setLevel(logging.ERROR)
    # Some rows break transactions on purpose.
    logging.getLogger("odoo.sql_db").setLevel(logging.CRITICAL)


def own_addons_path():
    """:return: the addons path of the environment's configuration"""
    for line in CONFIG.read_text().splitlines():
        if line.startswith("addons_path = "):
            return line.removeprefix("addons_path = ")
    raise LookupError(f"{CONFIG} names no addons_path.")
