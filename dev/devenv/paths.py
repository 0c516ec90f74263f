"""Where everything lies. All that is fetched or made goes below ``DEV``."""

import contextlib
import fcntl
import hashlib
import os
import socket
from pathlib import Path

from .console import say

ROOT = Path(__file__).resolve().parents[2]
DEV_SOURCES = ROOT / "dev"
DEV = Path(os.environ.get("ODOO_DEV_DIR") or ROOT / ".dev").resolve()

ADDON_NAME = "skydrop_facturacion"
ADDON = ROOT / ADDON_NAME
ADDON_TESTS = ADDON / "tests"
END_TO_END_TESTS = ROOT / "tests"
ODOO_LINT = DEV_SOURCES / "lint"

BIN = DEV / "bin"
CONFIG = DEV / "odoo.conf"
DATA = DEV / "data"
LOGS = DEV / "logs"
MAILS = DEV / "mails"
SCREENSHOTS = DEV / "screenshots"


def digest(*parts):
    """A short name for a content: texts, paths and bytes hashed together."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part if isinstance(part, bytes) else str(part).encode())
        sha.update(b"\0")
    return sha.hexdigest()[:10]


# Two clones may share one PostgreSQL server: each names its databases apart.
CLONE = digest(DEV)[:6]


def stamp_is(name, key):
    """Whether the step ``name`` was last finished with this key."""
    stamp = DEV / "stamps" / name
    return stamp.exists() and stamp.read_text() == key


def set_stamp(name, key):
    """Remember that the step ``name`` is finished; an empty key forgets it."""
    stamp = DEV / "stamps" / name
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)


@contextlib.contextmanager
def locked():
    """Let one command at a time change ``.dev/``; others wait, and say so."""
    DEV.mkdir(parents=True, exist_ok=True)
    (DEV / ".gitignore").write_text("*\n")
    with open(DEV / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another command is preparing .dev/: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port(wanted=0):
    """The wanted port of 127.0.0.1 if it is free, else 0; with 0, any free one."""
    with socket.socket() as probe:
        # As Odoo's server does: connections in TIME_WAIT do not hold a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
        return probe.getsockname()[1]
