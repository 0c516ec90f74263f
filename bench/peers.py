"""Other addons that make recurring invoices: fetched, installed, and filled with the
same customers and lines."""

from datetime import datetime
from pathlib import Path

from devenv import python_env
from devenv.console import must
from devenv.databases import PREFIX
from devenv.paths import DEV, digest, set_stamp, stamp_is

from odoo.fields import Command

from .workbench import own_addons_path

FOLDER = DEV / "peers"
ADDONS = FOLDER / "odoo/addons"
REQUIREMENTS = Path(__file__).parent / "peers.txt"


def ensure():
    """Have the addons of ``peers.txt``.

    :return: the folder of addons
    :rtype: Path
    """
    key = digest(REQUIREMENTS.read_bytes())
    if not (ADDONS.is_dir() and stamp_is("peers", key)):
        must(
            *(python_env.uv(), "pip", "install", "-q", "--no-deps"),
            *("--require-hashes", "--target", FOLDER, "-r", REQUIREMENTS),
            env=python_env.uv_environment(),
            what="the addons to compare with cannot be fetched",
            do=python_env.NO_INDEX,
        )
        set_stamp("peers", key)
    return ADDONS


def maker(module):
    """:return: a function that makes a database with this addon; the addon is
    installed once, and copied"""

    def make(databases, name):
        template = databases.template()
        key = digest(template, REQUIREMENTS.read_bytes())
        installed = f"{PREFIX}peer_{module}_{key}"
        if not databases.exists(installed):
            unfinished = f"{PREFIX}peer_unfinished"
            databases.copy(template, unfinished)
            databases.odoo(
                f"Addon {module}",
                unfinished,
                *("-i", module, "--addons-path", f"{ADDONS},{own_addons_path()}"),
            )
            databases.rename(unfinished, installed)
        databases.copy(installed, name)

    return make


class Contract:
    """OCA's ``contract``: its scheduled action makes drafts, which we post."""

    module = "contract"

    def __init__(self, bench):
        self.bench = bench

    def fill(self, customers, amounts):
        """A monthly contract of each customer, one line an amount, due today."""
        bench, today = self.bench, datetime.now().date()
        bench.env["contract.contract"].with_context(tracking_disable=True).create(
            [
                {
                    "name": customer.name,
                    "partner_id": customer.id,
                    "contract_type": "sale",
                    "journal_id": bench.journal.id,
                    "company_id": bench.company.id,
                    "contract_line_ids": [
                        Command.create(
                            {
                                "product_id": bench.product.id,
                                "name": f"Recarga {number}",
                                "quantity": 1,
                                "price_unit": amount / 1.16,
                                "recurring_rule_type": "monthly",
                                "recurring_interval": 1,
                                "recurring_invoicing_type": "pre-paid",
                                "date_start": today,
                                "recurring_next_date": today,
                            }
                        )
                        for number, amount in enumerate(amounts)
                    ],
                }
                for customer in customers
            ]
        )

    def run(self):
        """Make what is due, as the scheduled action does."""
        self.bench.env["contract.contract"].cron_recurring_create_invoice()


class Subscription:
    """OCA's ``subscription_oca``, told to make drafts, which we post: its own posting
    makes a PDF of each invoice at once."""

    module = "subscription_oca"

    def __init__(self, bench):
        self.bench = bench
        env = bench.env
        self.template = env["sale.subscription.template"].create(
            {"name": "Mensual", "invoicing_mode": "draft"}
        )
        self.pricelist = env["product.pricelist"].create({"name": "Recargas"})
        self.running = env["sale.subscription.stage"].search(
            [("type", "=", "in_progress")], limit=1
        )

    def fill(self, customers, amounts):
        """A running subscription of each customer, one line an amount, due today."""
        bench = self.bench
        subscriptions = (
            bench.env["sale.subscription"]
            .with_context(tracking_disable=True)
            .create(
                [
                    {
                        "partner_id": customer.id,
                        "template_id": self.template.id,
                        "pricelist_id": self.pricelist.id,
                        "journal_id": bench.journal.id,
                        "sale_subscription_line_ids": [
                            Command.create(
                                {
                                    "product_id": bench.product.id,
                                    "name": f"Recarga {number}",
                                    "price_unit": amount / 1.16,
                                }
                            )
                            for number, amount in enumerate(amounts)
                        ],
                    }
                    for customer in customers
                ]
            )
        )
        subscriptions.stage_id = self.running

    def run(self):
        """Make what is due, as the scheduled action does."""
        self.bench.env["sale.subscription"].cron_subscription_management()
