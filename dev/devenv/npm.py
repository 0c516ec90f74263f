"""Node tools, installed from lock files into ``.dev/node`` by npm."""

import os
import shutil

from .console import Stop, must, output, step
from .paths import DEV, DEV_SOURCES, digest, set_stamp, stamp_is

TOOLS = DEV_SOURCES  # prettier, eslint, axe-core
BROWSER = DEV_SOURCES / "browser"  # only where there is no Chromium
FILES = ("package.json", "package-lock.json")
OLDEST_NODE = 20
OFFLINE = "check the network, then run the command again"


def folder(source):
    """Where the packages of a package.json are installed."""
    return DEV / "node" / ("browser" if source == BROWSER else "tools")


def installed(source, path):
    """A file of an installed package."""
    return folder(source) / "node_modules" / path


def environment():
    """npm's environment: no registry's name in a lock file, no chatter."""
    options = {
        "omit_lockfile_registry_resolved": "true",
        "audit": "false",
        "fund": "false",
        "update_notifier": "false",
        "ignore_scripts": "true",
        "fetch_retries": "1",
        "loglevel": "error",
        "cache": str(DEV / "cache" / "npm"),
    }
    return dict(os.environ, **{f"npm_config_{k}": v for k, v in options.items()})


def check_node():
    """Stop when there is no Node.js that the tools run on."""
    text, code = "", 1
    if shutil.which("node") and shutil.which("npm"):
        text, code = output("node", "--version")
    major = text.strip().lstrip("v").split(".")[0]
    if code or not major.isdigit() or int(major) < OLDEST_NODE:
        raise Stop(
            f"Node.js {OLDEST_NODE} or newer with npm was not found,"
            " which prettier, eslint and axe-core need",
            "install it (packages nodejs and npm) and have it on PATH",
        )


def ensure(source, title):
    """Install the packages of a folder as its lock file says."""
    key = digest(*((source / name).read_bytes() for name in FILES))
    target = folder(source)
    name = f"npm-{target.name}"
    if (target / "node_modules").exists() and stamp_is(name, key):
        return
    check_node()
    with step(title):
        set_stamp(name, "")
        target.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            shutil.copy(source / file, target)
        must(
            *("npm", "ci"),
            cwd=target,
            env=environment(),
            what="the npm packages cannot be installed",
            do=OFFLINE,
        )
        set_stamp(name, key)


def ensure_tools():
    """Have the linters and axe-core."""
    ensure(TOOLS, "Node tools (prettier, eslint, axe-core)")


def lock():
    """Write the lock files anew, within the ranges of the package files."""
    check_node()
    for source in (TOOLS, BROWSER):
        (source / "package-lock.json").unlink(missing_ok=True)
        must(
            *("npm", "install", "--package-lock-only"),
            cwd=source,
            env=environment(),
            what="the npm lock file cannot be made",
            do=OFFLINE,
        )
