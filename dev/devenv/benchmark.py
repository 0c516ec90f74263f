"""``make bench``: the measurements of ``bench/``, in this environment."""

from . import browser, npm
from .console import run
from .environment import Environment
from .paths import DEV_SOURCES, ROOT
from .python_env import PYTHON


def bench(args):
    """Measure the rows that the arguments select, or all; return the exit code."""
    environment = Environment()
    try:
        npm.ensure_tools()
        env = environment.env()
        env["SKYDROP_CHROMIUM"] = browser.ensure()
        env["PYTHONPATH"] = f"{DEV_SOURCES}:{ROOT}"
        return run(PYTHON, "-m", "bench", *args, env=env, cwd=ROOT).returncode
    finally:
        environment.server.stop_if_started_here()
