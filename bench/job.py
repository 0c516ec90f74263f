"""One scheduled action in a process of its own, as a server with workers runs it:
``python -m bench.job DATABASE NUMBER``. It says when it is ready, starts at the next
line of its input, and says when it is done."""

import sys

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from . import jobs
from .workbench import parse_config


def main(database, number):
    """Work until nothing is due."""
    parse_config(database)
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        company = env["res.company"].search([("chart_template", "=", "mx")], limit=1)
        env["account.move"].search_count([])
        cr.commit()
        print("ready", flush=True)
        sys.stdin.readline()
        jobs.work_off(env, company, int(number))
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
