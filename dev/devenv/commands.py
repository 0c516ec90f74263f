"""The commands of ``dev/cli``, each a function of this module's table."""

import shutil
import sys

from . import python_env
from .console import Stop, say
from .databases import Databases
from .environment import Environment
from .paths import DEV

USAGE = """\
make run      serve the demo on http://127.0.0.1:8069 (PORT=… for another port)
make test     all tests; TESTS="PATH -k WORD" for some of them
make soak     the random and the killing tests, ten times as long
make bench    speed beside Odoo's own and other addons'; ROWS="estimate pdf" for
              some of them, BENCH=quick or BENCH=full for another length
make lint     pylint-odoo, ruff, prettier, eslint
make format   let ruff, prettier and eslint rewrite the files
make i18n     export the terms and merge them into the translations
make lock     take the newest versions of all tools and note their hashes
make stop     stop the private PostgreSQL
make clean    remove .dev/

dev/odoo ARGS…            Odoo in this environment: dev/odoo shell -d DATABASE
dev/python ARGS…          its Python
dev/psql ARGS…            psql on its server
dev/newdb NAME [--demo]   a fresh database with the addon
dev/pytest ARGS…          pytest on a fresh database"""


def run_demo(args):
    """Serve the demo until Ctrl-C."""
    from . import running

    return running.run(args)


def run_odoo(args):
    """Become Odoo."""
    environment = Environment()
    environment.become(environment.odoo_argv(*args))


def run_python(args):
    """Become the virtual environment's Python."""
    environment = Environment()
    environment.become([python_env.PYTHON, *args])


def run_psql(args):
    """Become psql."""
    environment = Environment()
    environment.become([environment.server.bin / "psql", *(args or ["-l"])])


def newdb(args):
    """Make a fresh database with the addon."""
    names = [arg for arg in args if arg != "--demo"]
    if len(names) != 1 or names[0].startswith("-"):
        raise Stop("newdb takes one name", "run: dev/newdb NAME [--demo]")
    Databases(Environment()).fresh(names[0], demo="--demo" in args)
    say(f"Database {names[0]} is ready: dev/odoo -d {names[0]}")
    return 0


def test(args):
    """Run the tests."""
    from . import testing

    return testing.test(args)


def soak(args):
    """Run the long variants of tests."""
    from . import testing

    return testing.soak(args)


def bench(args):
    """Measure speed and memory."""
    from . import benchmark

    return benchmark.bench(args)


def lint(args):
    """Run the linters."""
    from . import linting

    return linting.lint(args)


def format_files(_args):
    """Let the formatters rewrite the files."""
    from . import linting

    return linting.format_files()


def i18n(_args):
    """Export the terms and merge them into the translations."""
    from . import translations

    return translations.update()


def lock(_args):
    """Take the newest versions of all tools and note their hashes."""
    from . import npm

    python_env.lock(upgrade=True)
    npm.lock()
    return 0


def stop(_args):
    """Stop the private PostgreSQL."""
    from .postgres import Server

    if python_env.PYTHON.exists():
        Server().stop()
    return 0


def clean(_args):
    """Remove all that was made, wherever it lies."""
    from .postgres import Server

    if python_env.PYTHON.exists():
        server = Server()
        server.stop()
        if server.private:
            shutil.rmtree(server.folder, ignore_errors=True)
        else:
            say("   note: the databases on your own server were left alone")
    shutil.rmtree(DEV, ignore_errors=True)
    return 0


def show_help(_args):
    """Tell the commands."""
    print(USAGE)
    return 0


COMMANDS = {
    "run": run_demo,
    "odoo": run_odoo,
    "python": run_python,
    "psql": run_psql,
    "newdb": newdb,
    "test": test,
    "soak": soak,
    "bench": bench,
    "lint": lint,
    "format": format_files,
    "i18n": i18n,
    "lock": lock,
    "stop": stop,
    "clean": clean,
    "help": show_help,
}


def main():
    """Run the command named by the first argument; return the exit code."""
    name, *args = sys.argv[1:] or ["help"]
    command = COMMANDS.get(name)
    if not command:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        return command(args) or 0
    except Stop as stopped:
        say(stopped)
        return 1
    except KeyboardInterrupt:
        say("Interrupted.")
        return 130
