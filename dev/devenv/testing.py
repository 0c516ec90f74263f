"""``make test``: pytest with Odoo, on fresh copies of a database with the addon."""

import os
import sys

from . import browser, npm
from .console import in_parallel, run, say
from .databases import PREFIX, Databases
from .environment import Environment
from .paths import (
    ADDON_TESTS,
    CONFIG,
    DEV,
    DEV_SOURCES,
    END_TO_END_TESTS,
    LOGS,
    ODOO_LINT,
    ROOT,
)
from .python_env import PYTHON

SELECTED = "selected"
OPTIONS = (
    "-q",
    "-rs",  # say why a test was skipped
    "--strict-markers",
    "--timeout=600",
    "-p",
    "devenv.pytest_checks",
    "-p",
    "no:cacheprovider",
    "-W",
    "ignore::DeprecationWarning",
    "--tb=short",
    "--durations=20",
)


# Two parts at the same time, one on each of the machine's cores: the tests in a
# browser and those that are marked to run beside them, and all others. What stops
# PostgreSQL comes after both.
PARTS = (
    {
        "test": [
            *("--odoo-http", "-m", "not (browser or with_browser or stops_postgres)"),
            *(ADDON_TESTS, END_TO_END_TESTS),
        ],
        "browser": [
            *("-m", "(browser or with_browser) and not stops_postgres"),
            END_TO_END_TESTS,
        ],
    },
    {"kills": ["-m", "stops_postgres", END_TO_END_TESTS]},
)


def test(args):
    """Run all tests, or those that the arguments select; return the exit code."""
    environment = Environment()
    try:
        npm.ensure_tools()
        environment.chromium = browser.ensure()
        if args:
            return run_pytest(
                environment, SELECTED, ["--odoo-http", *with_folders(args)]
            )
        codes = {}
        for parts in PARTS:
            run_parts(environment, parts, codes)
        # One that was killed has a negative code.
        return int(any(codes.values()))
    finally:
        environment.server.stop_if_started_here()


def soak(args):
    """Run the tests that have a long variant, in it; return the exit code.

    ``SKYDROP_SOAK`` says how many times as long as in ``make test``, 10 unless set.
    """
    os.environ.setdefault("SKYDROP_SOAK", "10")
    files = [
        str(path)
        for folder in (ADDON_TESTS, END_TO_END_TESTS)
        for path in sorted(folder.glob("test_*.py"))
        if any(name in path.read_text() for name in ("SKYDROP_SOAK", "random_common"))
    ]
    # Too long for `make test` in any variant.
    files += map(str, sorted(END_TO_END_TESTS.glob("soak_*.py")))
    return test(["-s", "--timeout=7200", *(args or files)])


def odoo_lint():
    """Run Odoo's own linter, which is a set of test classes; return the exit code."""
    environment = Environment()
    try:
        return run_pytest(environment, "odoo_lint", [ODOO_LINT])
    finally:
        environment.server.stop_if_started_here()


def with_folders(args):
    """The arguments, with both test folders when they name no file."""
    if any(os.path.exists(arg.split("::")[0]) for arg in args):
        return args
    return [*args, ADDON_TESTS, END_TO_END_TESTS]


def run_parts(environment, parts, codes):
    """Run several pytests at the same time; what the first one says is shown at once,
    what the others say when all have ended.

    :param dict parts: name of each and its arguments
    :param dict codes: takes the exit code of each
    """
    first, *others = parts
    kept = {name: LOGS / f"{name}.out" for name in others}

    def run_part(name):
        args = ["--every-test", *parts[name]]
        if name == first:
            codes[name] = run_pytest(environment, name, args)
            return
        with open(kept[name], "w") as shown:
            codes[name] = run_pytest(environment, name, args, stdout=shown)

    in_parallel(*(lambda name=name: run_part(name) for name in parts))
    for name in others:
        sys.stdout.write(kept[name].read_text(errors="replace"))
        sys.stdout.flush()


def run_pytest(environment, name, args, stdout=None):
    """Start pytest in Odoo's environment, on a fresh database.

    :param name: of the database, and of Odoo's log
    :return: its exit code
    """
    database = f"{PREFIX}{name}"
    log = LOGS / f"{name}.log"
    Databases(environment).fresh(database)
    env = environment.env()
    env["PYTHONPATH"] = str(DEV_SOURCES)
    # What else would write outside .dev/.
    env["PYLINTHOME"] = str(DEV / "pylint")
    env["HYPOTHESIS_STORAGE_DIRECTORY"] = str(DEV / "hypothesis")
    env["SKYDROP_CHROMIUM"] = environment.chromium
    done = run(
        *(PYTHON, "-m", "pytest", *OPTIONS, "--rootdir", ROOT),
        *(f"--odoo-database={database}", f"--odoo-config={CONFIG}"),
        *(f"--odoo-extra=logfile={log}", *args),
        env=env,
        cwd=ROOT,
        stdout=stdout,
    )
    say(f"Odoo's log of the tests: {log}")
    return done.returncode
