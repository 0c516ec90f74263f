"""``make lint`` and ``make format``: the same tools, with and without writing."""

import os

from . import npm, python_env, testing
from .console import run, say
from .paths import ADDON, ADDON_NAME, DEV, DEV_SOURCES, ROOT, locked

PYTHON_FOLDERS = ("dev", "tests", "bench", ADDON_NAME)
# package-lock.json is npm's to lay out, and README.rst is no format of prettier's.
PRETTIER = (
    f"{ADDON_NAME}/**/*.{{js,xml,scss,css}}",
    "dev/*.cjs",
    "dev/**/package.json",
)
PRETTIER_CONFIG = DEV_SOURCES / "prettier.config.cjs"
ESLINT_CONFIG = DEV_SOURCES / "eslint.config.cjs"


def tools():
    """Have the linters; only Odoo's own one needs Odoo and PostgreSQL."""
    with locked():
        python_env.ensure()
        npm.ensure_tools()


def _python_folders():
    return [name for name in PYTHON_FOLDERS if (ROOT / name).is_dir()]


def _ruff(*args):
    return [python_env.VENV / "bin/ruff", *args, *_python_folders()]


def _prettier(*args):
    program = npm.installed(npm.TOOLS, "prettier/bin/prettier.cjs")
    options = ("--config", PRETTIER_CONFIG, "--no-error-on-unmatched-pattern")
    return ["node", program, *options, "--log-level", "warn", *args, *PRETTIER]


def _eslint(*args):
    program = npm.installed(npm.TOOLS, "eslint/bin/eslint.js")
    options = ("--config", ESLINT_CONFIG, "--no-error-on-unmatched-pattern")
    return ["node", program, *options, *args, ADDON]


def _pylint():
    # The invoice is extended in several files, one a subject. (Enabling a group in
    # the configuration would enable this rule again.)
    return [
        *(python_env.PYTHON, "-m", "pylint", f"--rcfile={ROOT}/.pylintrc"),
        *("--disable=consider-merging-classes-inherited", ADDON),
    ]


def lint(_args):
    """Run every linter, also after one has failed; return the exit code."""
    tools()
    checks = {
        "ruff check": _ruff("check", "--quiet"),
        "ruff format": _ruff("format", "--check", "--quiet"),
        "prettier": _prettier("--check"),
        "eslint": _eslint("--max-warnings=0"),
    }
    if ADDON.is_dir():
        checks["pylint-odoo"] = _pylint()
    codes = {
        name: run(*argv, cwd=ROOT, env=_environment()).returncode
        for name, argv in checks.items()
    }
    if ADDON.is_dir():
        codes["Odoo's test_lint"] = testing.odoo_lint()
    failed = [name for name, code in codes.items() if code]
    for name in codes:
        say(f"{name}: {'failed' if name in failed else 'passed'}")
    if failed:
        say(f"Failed: {', '.join(failed)}. `make format` repairs most of the style.")
    return 1 if failed else 0


def format_files():
    """Let ruff, prettier and eslint rewrite what they can; return the exit code."""
    tools()
    failed = False
    for argv in (
        _ruff("check", "--fix", "--quiet"),
        _ruff("format", "--quiet"),
        _eslint("--fix"),
        _prettier("--write"),
    ):
        failed |= bool(run(*argv, cwd=ROOT, env=_environment()).returncode)
    return int(failed)


def _environment():
    """Where Node finds the plugins; and no caches outside .dev/."""
    return dict(
        os.environ,
        NODE_PATH=str(npm.installed(npm.TOOLS, "")),
        PYLINTHOME=str(DEV / "pylint"),
        RUFF_NO_CACHE="true",
    )
