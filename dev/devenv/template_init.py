"""Makes the template database; run by the virtual environment's Python.

``odoo db init --country`` followed by ``odoo -i`` loads Odoo twice. Here it is one
load: the country is set as soon as ``base`` is there, so that ``account`` already
finds a Mexican company and brings it the Mexican chart of accounts and pesos.

Usage: template_init.py CONFIG DATABASE COUNTRY LANGUAGE MODULES
"""

import sys

from odoo import netsvc
from odoo.modules import loading
from odoo.modules.registry import Registry
from odoo.service import db
from odoo.tools import config


def set_country(env, code):
    """Move the company to the country, and to its currency."""
    country = env["res.country"].search([("code", "=", code)], limit=1)
    company = env["res.company"].browse(1)
    company.write({"country_id": country.id, "currency_id": country.currency_id.id})


def add_language(env, code):
    """Activate a second language; the modules to come then load its terms.

    Odoo's own option --load-language would make it the default of every user.
    """
    domain = [("code", "=", code)]
    language = env["res.lang"].with_context(active_test=False).search(domain)
    env["base.language.install"].create({"lang_ids": language.ids}).lang_install()


def act_after_base(action):
    """Have ``action(env)`` called once, after ``base`` and before other modules."""
    load_module_graph = loading.load_module_graph

    def load_and_act(env, graph, **kwargs):
        load_module_graph(env, graph, **kwargs)
        loading.load_module_graph = load_module_graph
        action(env)

    loading.load_module_graph = load_and_act


def main(path, database, country, language, modules):
    """Create the database with these modules installed."""
    config.parse_config(["-c", path, "-d", database, "--no-http"])
    netsvc.init_logger()
    db._create_empty_database(database)

    def settle(env):
        set_country(env, country)
        add_language(env, language)

    act_after_base(settle)
    Registry.new(database, update_module=True, install_modules=modules.split(","))


if __name__ == "__main__":
    main(*sys.argv[1:])
