"""``make test``: pytest with Odoo, on a fresh copy of a database with the addon."""

import os

from . import browser, npm
from .console import run, say
from .databases import PREFIX, Databases
from .environment import Environment
from .paths import ADDON_TESTS, CONFIG, DEV, DEV_SOURCES, END_TO_END_TESTS, LOGS, ROOT
from .python_env import PYTHON

DATABASE = f"{PREFIX}test"
OPTIONS = (
    "-q",
    "-rs",  # say why a test was skipped
    "--strict-markers",
    "--timeout=600",
    "--odoo-http",  # without it every HttpCase is skipped
    "-p",
    "devenv.pytest_checks",
    "-p",
    "no:cacheprovider",
    "-W",
    "ignore::DeprecationWarning",
    "--tb=short",
)


def test(args):
    """Run all tests, or those that the arguments select; return the exit code."""
    environment = Environment()
    try:
        npm.ensure_tools()
        environment.chromium = browser.ensure()
        Databases(environment).fresh(DATABASE)
        return run_pytest(environment, args)
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
        if "SKYDROP_SOAK" in path.read_text()
    ]
    # Too long for `make test` in any variant.
    files += map(str, sorted(END_TO_END_TESTS.glob("soak_*.py")))
    return test(["-s", "--timeout=7200", *(args or files)])


def run_pytest(environment, args):
    """Start pytest in Odoo's environment; without arguments, on everything."""
    folders = [str(f) for f in (ADDON_TESTS, END_TO_END_TESTS) if f.is_dir()]
    if not args:
        args = ["--every-test", *folders]
    elif not any(os.path.exists(arg.split("::")[0]) for arg in args):
        args = [*args, *folders]
    env = environment.env()
    env["PYTHONPATH"] = str(DEV_SOURCES)
    # What else would write outside .dev/.
    env["PYLINTHOME"] = str(DEV / "pylint")
    env["HYPOTHESIS_STORAGE_DIRECTORY"] = str(DEV / "hypothesis")
    env["SKYDROP_CHROMIUM"] = environment.chromium
    done = run(
        *(PYTHON, "-m", "pytest", *OPTIONS, "--rootdir", ROOT),
        *(f"--odoo-database={DATABASE}", f"--odoo-config={CONFIG}"),
        *(f"--odoo-extra=logfile={LOGS / 'test.log'}", *args),
        env=env,
        cwd=ROOT,
    )
    say(f"Odoo's log of the tests: {LOGS / 'test.log'}")
    return done.returncode
