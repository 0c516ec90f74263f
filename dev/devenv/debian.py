"""Debian packages without root: a private apt, and packages unpacked in a folder.

The private apt has its own sources, lists and cache, checks the archive's
signatures with the machine's own keyring and never touches the system's apt.
"""

import os
import re
import shutil
from pathlib import Path

from .console import Stop, last_words, must, output, run
from .paths import DEV

KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
)
OWN_TREE = "set ODOO_SOURCE to an Odoo 19 source tree"
APT = DEV / "apt"


def mirror():
    """The Debian mirror this machine's apt is set up with."""
    if os.environ.get("DEBIAN_MIRROR"):
        return os.environ["DEBIAN_MIRROR"].rstrip("/")
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise Stop(
                f"{tool} was not found, with which Odoo comes from Debian", OWN_TREE
            )
    targets, _code = output(
        *("apt-get", "indextargets", "Created-By: Packages"),
        *("--format", "$(ORIGIN) $(COMPONENT) $(REPO_URI)"),
    )
    rows = [line.split(" ") for line in targets.splitlines() if line.count(" ") == 2]
    for origin, component, uri in rows:
        # The origin is only known once `apt-get update` has run; before that,
        # a "main" of an address that ends like Debian's is taken for Debian's.
        if origin in ("Debian", "") and component == "main":
            if uri.rstrip("/").endswith("/debian"):
                return uri.rstrip("/")
    raise Stop(
        "apt's configuration on this machine names no Debian mirror",
        f"set DEBIAN_MIRROR to the address of one, or {OWN_TREE}",
    )


def keyring():
    """The keyring that Debian's archive is signed with."""
    for path in KEYRINGS:
        if os.path.exists(path):
            return path
    raise Stop(
        "there is no Debian archive keyring to check Odoo's package with",
        f"install debian-archive-keyring, or {OWN_TREE}",
    )


class PrivateApt:
    """An apt of our own that knows the given suites of one mirror."""

    def __init__(self, suites):
        self.suites = suites
        self.mirror = mirror()
        self.keyring = keyring()
        self.debs = APT / "debs"
        self.expected = 0  # bytes to download, once known
        self.env = dict(os.environ, APT_CONFIG=str(APT / "apt.conf"), LC_ALL="C.UTF-8")

    def update(self):
        """Read the package lists, of packages for all machines where possible."""
        self._configure()
        # Asking for architecture "all" alone halves the lists and is the same on
        # every machine, but not every mirror serves it whole: then all of it.
        for option in ("arch=all ", "", ""):
            (APT / "sources.list").write_text(
                "".join(
                    f"deb [{option}signed-by={self.keyring}] {self.mirror} {s} main\n"
                    for s in self.suites
                )
            )
            text, code = output("apt-get", "-q", "update", env=self.env)
            wrong = re.findall(r"^(?:W|E|Err).*", text, re.M)
            if not code and not wrong:
                return
        raise Stop(
            f"the Debian mirror {self.mirror} cannot be read",
            "check the network and http_proxy, or set DEBIAN_MIRROR to another one",
            last_words("\n".join(wrong) or text, 1),
        )

    def _configure(self):
        shutil.rmtree(APT, ignore_errors=True)
        for folder in ("lists/partial", "cache/archives/partial", "state", "debs"):
            (APT / folder).mkdir(parents=True)
        (APT / "state/status").touch()
        settings = {
            "Dir::Etc::sourcelist": APT / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State": APT / "state",
            "Dir::State::status": APT / "state/status",
            "Dir::State::Lists": APT / "lists",
            "Dir::Cache": APT / "cache",
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "APT::Sandbox::User": "root",
        }
        (APT / "apt.conf").write_text(
            "".join(f'{key} "{value}";\n' for key, value in settings.items())
        )

    def download(self, packages):
        """Fetch packages, given as ``name/suite``, into ``debs``."""
        listed, _code = output(
            *("apt-get", "-q", "download", "--print-uris", *packages), env=self.env
        )
        sizes = re.findall(r"^'\S+' \S+ (\d+)", listed, re.M)
        self.expected = sum(map(int, sizes))
        must(
            *("apt-get", "-q", "download", *packages),
            env=self.env,
            cwd=self.debs,
            what="Odoo's Debian packages cannot be downloaded",
            do="check the network, then run the command again",
        )

    def progress(self):
        """How much of the download is there."""
        if not self.expected:
            return "reading Debian's package lists"
        have = sum(p.stat().st_size for p in self.debs.rglob("*") if p.is_file())
        if have >= self.expected:
            return "unpacking"
        return f"{have // 1_000_000} of {self.expected // 1_000_000} MB"

    def unpack(self, folder: Path, exclude=()):
        """Unpack what was downloaded into a folder."""
        for deb in sorted(self.debs.glob("*.deb")):
            unpack(deb, folder, exclude)

    def clear(self):
        """Give back the disk space of the lists and packages."""
        shutil.rmtree(APT, ignore_errors=True)


def unpack(deb, folder, exclude=()):
    """Unpack one package into a folder, without the paths that match."""
    patterns = [f"--exclude={pattern}" for pattern in exclude]
    done = run(
        *("sh", "-c", 'dpkg-deb --fsys-tarfile "$0" | tar -x "$@"', deb),
        *("-C", folder, "--no-same-owner", "--wildcards", *patterns),
    )
    if done.returncode:
        raise Stop(
            f"{Path(deb).name} cannot be unpacked",
            "check the free disk space, then run the command again",
        )
