"""Odoo 19 itself: the user's own tree when there is one, else Debian's package."""

import os
import re
import shutil
import sys
from pathlib import Path

from .console import Stop, output, say, step
from .debian import PrivateApt
from .paths import DEV, digest, set_stamp, stamp_is
from .python_env import PYTHON, site_packages

TREE = DEV / "odoo"
LIBRARY = TREE / "usr/lib/python3/dist-packages"
VERSION = ("19", "0")

# odoo-19 is in unstable only. Its links to fonts and scripts name files of other
# packages; the fonts come from a release that no longer changes, as unstable's
# Font Awesome 7 and Inconsolata 3 lie elsewhere and have other names.
PACKAGES = {
    "sid": [
        "odoo-19",
        "fonts-montserrat",
        "libjs-jquery",
        "libjs-jquery-form",
        "libjs-underscore",
    ],
    "bookworm": [
        "fonts-font-awesome",
        "fonts-roboto-unhinted",
        "fonts-inconsolata",
        "fonts-ocr-b",
    ],
}
# Two thirds of the package are translations: only the Spanish ones are kept.
OTHER_LANGUAGES = ("*/i18n/[!e]*.po", "*/i18n/e[!s]*.po")
# Debian leaves this file out, but every backend page lists it: without it there is
# an error in the browser's console, which fails each browser test of the backend.
LEFT_OUT = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def release_of(library):
    """The version of the Odoo below this folder, as ("19", "0"), else None."""
    try:
        text = (Path(library) / "odoo/release.py").read_text()
    except OSError:
        return None
    found = re.search(r"^version_info = \((\d+), *(\d+)", text, re.M)
    return found and found.groups()


def of_the_user():
    """The folder of the user's own Odoo 19, or None."""
    given = os.environ.get("ODOO_SOURCE")
    if given:
        library = Path(given).expanduser().resolve()
        if release_of(library) != VERSION:
            raise Stop(
                f"ODOO_SOURCE={given} is not an Odoo 19.0 source tree",
                "correct it, or unset it to use Debian's package",
            )
        return library
    text, code = output(
        *(sys.executable, "-c", "import odoo.release; print(odoo.release.__file__)"),
        cwd="/",
    )
    if code:
        return None
    library = Path(text.strip().splitlines()[-1]).parents[1]
    if library.resolve() == LIBRARY:  # we run in our own virtual environment
        return None
    return library if release_of(library) == VERSION else None


class OdooSource:
    """Finds out at once where Odoo comes from, and fetches it when asked."""

    def __init__(self):
        self.own = of_the_user()
        self.library = self.own or LIBRARY
        self.key = digest(sorted(PACKAGES.items()), OTHER_LANGUAGES, LEFT_OUT)
        # Made now, so that a missing mirror is told before anything is fetched.
        self.apt = None if self.ready() else PrivateApt(PACKAGES)

    def ready(self):
        """Whether there is nothing to fetch."""
        return bool(self.own) or (TREE.exists() and stamp_is("odoo", self.key))

    def ensure(self):
        """Download and unpack Debian's package when it is needed."""
        if self.ready():
            return
        with step("Odoo 19 from Debian (130 MB)", self.apt.progress):
            set_stamp("odoo", "")
            self.apt.update()
            self.apt.download(
                [f"{name}/{suite}" for suite in PACKAGES for name in PACKAGES[suite]]
            )
            self._unpack(DEV / "odoo.new")
            self.apt.clear()
            set_stamp("odoo", self.key)

    def _unpack(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.apt.unpack(folder, OTHER_LANGUAGES)
        library = folder / LIBRARY.relative_to(TREE)
        if release_of(library) != VERSION:
            raise Stop(
                "Debian's package odoo-19 does not hold Odoo 19.0 any more",
                "set ODOO_SOURCE to an Odoo 19.0 source tree",
            )
        addons = library / "odoo/addons"
        stub = addons / LEFT_OUT
        if not stub.exists():
            stub.parent.mkdir(parents=True, exist_ok=True)
            stub.write_text("/* Only blurred video backgrounds need this file. */\n")
        self._tell_broken_links(addons)
        shutil.rmtree(TREE, ignore_errors=True)
        folder.rename(TREE)

    def _tell_broken_links(self, addons):
        """Debian moves fonts now and then: a missing one shows on pages only."""
        broken = [p for p in addons.rglob("*") if p.is_symlink() and not p.exists()]
        for path in broken:
            say(f"   note: {path.relative_to(addons)} has no target in Debian")

    def link(self):
        """Make this Odoo importable in the virtual environment."""
        link = site_packages() / "odoo-of-devenv.pth"
        text = f"{self.library}\n"
        if not link.exists() or link.read_text() != text:
            link.write_text(text)

    def addons_folder(self):
        """The addons of a source tree, which lie outside its Python package."""
        folder = self.library / "addons"
        return folder if (folder / "account").is_dir() else None

    def command(self):
        """How Odoo is started."""
        for script in (self.library / "odoo-bin", TREE / "usr/bin/odoo"):
            if script.is_file() and (self.own is None or script.name == "odoo-bin"):
                return [str(PYTHON), str(script)]
        return [str(PYTHON), "-c", "import odoo.cli; odoo.cli.main()"]
