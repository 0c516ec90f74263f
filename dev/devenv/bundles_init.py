"""Compiles scripts and styles ahead, as Odoo does when somebody opens the first page;
run by the virtual environment's Python.

Usage: bundles_init.py CONFIG DATABASE BUNDLE.EXTENSION …
"""

import sys

from odoo import SUPERUSER_ID, api, netsvc
from odoo.modules.registry import Registry
from odoo.tools import config


def main(path, database, *names):
    """Compile these bundles of a database."""
    config.parse_config(["-c", path, "-d", database, "--no-http"])
    netsvc.init_logger()
    with Registry(database).cursor() as cr:
        qweb = api.Environment(cr, SUPERUSER_ID, {})["ir.qweb"]
        for name in names:
            bundle, _dot, kind = name.rpartition(".")
            assets = qweb._get_asset_bundle(bundle, css=kind == "css", js=kind == "js")
            assets.css() if kind == "css" else assets.js()


if __name__ == "__main__":
    main(*sys.argv[1:])
