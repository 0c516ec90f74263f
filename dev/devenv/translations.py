"""``make i18n``: the terms of the addon, and their translations brought in line."""

import tempfile
from pathlib import Path

from .console import must, run, step
from .databases import PREFIX, Databases
from .environment import Environment
from .paths import ADDON, ADDON_NAME, CONFIG, DEV_SOURCES
from .python_env import PYTHON

DATABASE = f"{PREFIX}i18n"


def update():
    """Export the terms, merge them into each language; return the exit code."""
    environment = Environment()
    databases = Databases(environment)
    folder = ADDON / "i18n"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        exported = Path(temporary) / "exported.pot"
        databases.fresh(DATABASE)
        with step("Terms of the addon"):
            must(
                *(*environment.odoo.command(), "i18n", "export", "-c", CONFIG),
                *("-d", DATABASE, "-l", "pot", "-o", exported, ADDON_NAME),
                env=environment.env(),
                what="Odoo cannot export the terms",
            )
        databases.drop(DATABASE)
        program = DEV_SOURCES / "devenv" / "po_files.py"
        return run(PYTHON, program, exported, folder).returncode
