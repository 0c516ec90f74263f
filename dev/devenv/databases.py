"""Databases, made by copying: a template, and caches of it with the addon.

base   country, chart of accounts and languages; depends on Odoo only
bare   base + the addon                 } depend on the addon's files; a copy of
demo   base + the addon with demo data  } one takes a tenth of a second

The names carry a hash of what they depend on; ones that became stale are dropped.
"""

import os
import re
import shutil

from .console import Stop, last_words, run, step
from .paths import (
    ADDON,
    ADDON_NAME,
    CLONE,
    CONFIG,
    DATA,
    DEV_SOURCES,
    LOGS,
    digest,
    locked,
)
from .python_env import PYTHON

COUNTRY = "MX"
LANGUAGE = "es_MX"
MODULES = "account,portal,l10n_mx"
PREFIX = f"skydrop_{CLONE}_"
FILESTORE = DATA / "filestore"
# Scripts and styles that are compiled once here, and not by each copy's first page.
DOCUMENT_BUNDLES = ("web.report_assets_common.css",)
PAGE_BUNDLES = (
    "web.assets_frontend.css",
    "web.assets_frontend_minimal.js",
    "web.assets_frontend_lazy.js",
    "web.assets_web.css",
    "web.assets_web.js",
)
# What is in these changes no database, so it makes no cached one stale.
NOT_INSTALLED = {"tests", "static", "readme", "__pycache__"}


def addon_digest():
    """A hash of the addon's files that end up in a database or its registry."""
    parts = []
    for folder, folders, files in os.walk(ADDON):
        folders[:] = sorted(set(folders) - NOT_INSTALLED)
        for name in sorted(files):
            if not name.endswith((".pyc", ".rst", ".md")):
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    parts += [os.path.relpath(path, ADDON), file.read()]
    return digest(*parts)


class Databases:
    """The databases of one environment."""

    def __init__(self, environment):
        self.environment = environment
        self.sql = environment.server.sql

    def exists(self, name):
        """Whether there is a database of this name."""
        query = f"select 1 from pg_database where datname = '{name}'"
        return self.sql(query) == "1"

    def drop(self, name):
        """Drop a database with its files, whoever is connected to it."""
        self.sql(f'drop database if exists "{name}" with (force)')
        shutil.rmtree(FILESTORE / name, ignore_errors=True)

    def drop_own(self, keep=()):
        """Drop the template and the caches of this clone, but for some."""
        query = f"select datname from pg_database where datname like '{PREFIX}%'"
        for name in self.sql(query).split():
            if name not in keep:
                self.drop(name)

    def copy(self, source, target):
        """Make a database a copy of another; files are shared by hard links."""
        check_name(target)
        self.drop(target)
        statement = f'create database "{target}" template "{source}"'
        try:
            self.sql(f"{statement} strategy file_copy")
        except Stop:  # a server before version 15 has no strategies
            self.sql(statement)
        if (FILESTORE / source).is_dir():
            shutil.copytree(
                FILESTORE / source, FILESTORE / target, copy_function=os.link
            )

    def rename(self, source, target):
        """Give a database another name, files included."""
        self.sql(f'alter database "{source}" rename to "{target}"')
        shutil.rmtree(FILESTORE / target, ignore_errors=True)
        if (FILESTORE / source).is_dir():
            (FILESTORE / source).rename(FILESTORE / target)

    def template(self):
        """The template database; made when there is none that fits."""
        release = (self.environment.odoo.library / "odoo/release.py").read_bytes()
        script = DEV_SOURCES / "devenv/template_init.py"
        key = digest(release, COUNTRY, LANGUAGE, MODULES, script.read_bytes())
        name = f"{PREFIX}base_{key}"
        if self.exists(name):
            return name
        unfinished = f"{PREFIX}unfinished"
        self.drop(unfinished)
        argv = [PYTHON, script, CONFIG, unfinished, COUNTRY, LANGUAGE, MODULES]
        self._load(f"Template database ({MODULES}), made once", argv, "template")
        self.drop_own(keep={unfinished})
        self.rename(unfinished, name)
        return name

    def with_addon(self, demo):
        """A database with the addon as it is on disk, to be copied only."""
        if not ADDON.is_dir():
            raise Stop(f"there is no addon in {ADDON_NAME}/")
        template = self.template()
        kind = "demo" if demo else "bare"
        name = f"{PREFIX}{kind}_{digest(template, addon_digest())}"
        if self.exists(name):
            return name
        unfinished = f"{PREFIX}unfinished"
        self.copy(template, unfinished)
        self.install(unfinished, demo)
        self.compile(unfinished, DOCUMENT_BUNDLES + (PAGE_BUNDLES if demo else ()))
        for stale in self.sql(
            f"select datname from pg_database where datname like '{PREFIX}{kind}%'"
        ).split():
            self.drop(stale)
        self.rename(unfinished, name)
        return name

    def install(self, name, demo):
        """Install the addon; with its own demo data, and no other module's.

        Odoo loads a module's demo data only when all modules it depends on have
        theirs: they are marked so for the installation, and not afterwards, as
        Odoo would load the demo data of ``account`` with the next company.
        """
        if demo:
            self.sql("update ir_module_module set demo = true", name)
        title = f"Addon with{'' if demo else 'out'} demo data"
        self.odoo(title, name, "-i", ADDON_NAME)
        query = f"select state from ir_module_module where name = '{ADDON_NAME}'"
        if self.sql(query, name) != "installed":
            raise Stop(f"{ADDON_NAME} was not installed", f"look into {LOGS}")
        if demo:
            self._check_demo(name)
            self.sql(
                "update ir_module_module set demo = false"
                f" where name != '{ADDON_NAME}'",
                name,
            )

    def compile(self, name, bundles):
        """Compile scripts and styles of a database."""
        script = DEV_SOURCES / "devenv/bundles_init.py"
        argv = [PYTHON, script, CONFIG, name, *bundles]
        self._load("Scripts and styles", argv, "bundles")

    def _check_demo(self, name):
        """Odoo goes on when demo data fails: here that is an error."""
        query = f"select demo from ir_module_module where name = '{ADDON_NAME}'"
        if self.sql(query, name) != "t":
            raise Stop(
                f"the demo data of {ADDON_NAME} does not load",
                f"look into {LOGS / 'install.log'}",
            )

    def update(self, name):
        """Bring a database in line with the addon's files."""
        self.odoo(f"Update of the addon in {name}", name, "-u", ADDON_NAME)

    def odoo(self, title, name, *args):
        """Run Odoo on a database until it has done what the options say."""
        argv = self.environment.odoo_argv(
            *("-d", name, *args, "--stop-after-init", "--no-http")
        )
        self._load(title, argv, "install")

    def _load(self, title, argv, log_name):
        """Run a long Odoo command; show which module it is at."""
        log = LOGS / f"{log_name}.log"
        log.unlink(missing_ok=True)
        with step(title, lambda: _module_at(log)), open(log, "w") as file:
            done = run(*argv, env=self.environment.env(), stdout=file, stderr=file)
        text = log.read_text(errors="replace")
        failed = re.search(r"^\S+ \S+ \d+ (?:ERROR|CRITICAL) ", text, re.M)
        if done.returncode or failed:
            why = _exception(text) or last_words(text, 1)
            raise Stop(f"Odoo failed ({title})", f"look into {log}", why)

    def note(self, name):
        """What was noted about a database, such as the addon it was made with."""
        return self.sql(
            "select shobj_description(oid, 'pg_database') from pg_database"
            f" where datname = '{name}'"
        )

    def set_note(self, name, text):
        """Note a word about a database, in its comment; copies do not have it."""
        self.sql(f"""comment on database "{name}" is '{text}'""")

    def set_parameters(self, name, parameters):
        """Set Odoo's system parameters."""
        for key, value in parameters.items():
            self.sql(
                "insert into ir_config_parameter (key, value, create_date)"
                f" values ('{key}', '{value}', now() at time zone 'utc')"
                " on conflict (key) do update set value = excluded.value",
                name,
            )

    def fresh(self, name, demo=False):
        """A new database with the addon; an existing one is replaced."""
        with locked():
            self.copy(self.with_addon(demo), name)
        # A copy is another database: Odoo tells them apart by this identifier.
        self.sql(
            "update ir_config_parameter set value = gen_random_uuid()::text"
            " where key = 'database.uuid'",
            name,
        )


def _module_at(log):
    """The module that a running Odoo is at, read from its log."""
    if not log.exists():
        return ""
    tail = log.read_text(errors="replace")[-20000:]
    found = re.findall(r"Loading module (\S+) \((\d+)/(\d+)\)", tail)
    return "module {} ({} of {})".format(*found[-1]) if found else ""


def _exception(log):
    """The line that ends the last traceback in a log, without its path."""
    found = re.findall(r"^(?:[\w.]+\.)?(\w+(?:Error|Exception|Warning): .*)", log, re.M)
    return found[-1][:300].rstrip(".") if found else ""


def check_name(name):
    """Stop at a name that PostgreSQL or a file system would not take as it is."""
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}", name):
        raise Stop(
            f"{name!r} is no name for a database",
            "use letters, digits, - and _ only, 63 at most",
        )
