"""A headless Chromium: the one on PATH, else one that npm's registry carries."""

import os
import shutil
import tarfile

from . import npm
from .console import Stop, last_words, must, output, step
from .paths import BIN, DEV, digest, set_stamp, stamp_is

# The names under which Odoo's own browser tests look for one.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
UNPACKED = DEV / "chromium"
PARTS = ("chromium", "swiftshader.tar", "fonts.tar", "al2023.tar")
# The parts are compressed with brotli, which Python's standard library lacks.
UNPACK = """
const [source, target] = process.argv.slice(1);
const {createReadStream, createWriteStream} = require("node:fs");
createReadStream(source)
    .pipe(require("node:zlib").createBrotliDecompress())
    .pipe(createWriteStream(target));
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""
LAUNCHER = """#!/bin/sh
# Made by dev/devenv/browser.py.
{settings}exec "{chromium}" "$@"
"""


def on_path():
    """The machine's own Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure():
    """Have a Chromium on the environment's PATH; return its path."""
    return on_path() or _own()


def _own():
    launcher = BIN / "chromium"
    key = digest((npm.BROWSER / "package-lock.json").read_bytes(), LAUNCHER)
    if launcher.exists() and stamp_is("chromium", key):
        return str(launcher)
    npm.ensure(npm.BROWSER, "Chromium from npm (70 MB)")
    with step("Chromium, unpacked"):
        set_stamp("chromium", "")
        _unpack(npm.installed(npm.BROWSER, "@sparticuz/chromium/bin"))
        _write_launcher(launcher)
        set_stamp("chromium", key)
    return str(launcher)


def _unpack(packed):
    shutil.rmtree(UNPACKED, ignore_errors=True)
    UNPACKED.mkdir(parents=True)
    for part in PARTS:
        must(
            *("node", "-e", UNPACK, packed / f"{part}.br", UNPACKED / part),
            what=f"Chromium's part {part} cannot be unpacked",
            do="check the free disk space, then run the command again",
        )
        if part.endswith(".tar"):
            with tarfile.open(UNPACKED / part) as archive:
                archive.extractall(UNPACKED)
            (UNPACKED / part).unlink()
    (UNPACKED / "chromium").chmod(0o755)


def _write_launcher(launcher):
    """A script that adds what a bare machine lacks: some libraries, and fonts."""
    chromium = UNPACKED / "chromium"
    settings = []
    if output(chromium, "--version")[1]:
        settings.append(f'export LD_LIBRARY_PATH="{UNPACKED}/lib"\n')
    if not os.path.exists("/etc/fonts/fonts.conf"):
        (UNPACKED / "fonts.conf").write_text(FONTS.format(folder=UNPACKED / "fonts"))
        settings.append(f'export FONTCONFIG_FILE="{UNPACKED}/fonts.conf"\n')
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(
        LAUNCHER.format(
            settings="".join(settings),
            chromium=chromium,
        )
    )
    launcher.chmod(0o755)
    text, code = output(launcher, "--version")
    if code:
        raise Stop(
            "the Chromium from npm does not run on this machine",
            "install a Chromium and have it on PATH (Debian: chromium)",
            last_words(text, 1),
        )
