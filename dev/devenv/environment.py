"""All parts put together: what a command needs before it can start Odoo."""

import os

from . import mailsink, postgres, python_env, wkhtmltopdf
from .console import in_parallel
from .odoo_source import OdooSource
from .paths import ADDON, BIN, CONFIG, DATA, DEV, LOGS, MAILS, ROOT, locked
from .postgres import Server


class Environment:
    """A ready development environment: Odoo, PostgreSQL and the way to call them."""

    chromium = ""  # set by what needs a browser

    def __init__(self):
        postgres.check_it_answers()
        with locked():
            self.odoo = OdooSource()
            in_parallel(python_env.ensure, self.odoo.ensure)
            self.odoo.link()
            wkhtmltopdf.ensure()
            self.server = Server()
            self.server.ensure()
            for folder in (LOGS, MAILS):
                folder.mkdir(parents=True, exist_ok=True)
            self.write_config()

    def write_config(self):
        """Odoo's configuration file, for all commands of this environment."""
        addons = [ROOT] if ADDON.is_dir() else []
        if self.odoo.addons_folder():
            addons.append(self.odoo.addons_folder())
        options = {
            **self.server.options,
            "data_dir": DATA,
            "http_interface": "127.0.0.1",
            "list_db": "True",
            "proxy_mode": "False",
            "smtp_server": "127.0.0.1",
            "smtp_port": mailsink.port(),
        }
        if addons:
            options["addons_path"] = ",".join(map(str, addons))
        lines = [f"{name} = {value}\n" for name, value in options.items()]
        text = "".join(["[options]\n", *lines])
        if not CONFIG.exists() or CONFIG.read_text() != text:
            CONFIG.touch(mode=0o600)
            CONFIG.write_text(text)

    def env(self):
        """The environment variables of Odoo and of what runs beside it."""
        env = self.server.env()
        env["PATH"] = f"{BIN}:{python_env.VENV / 'bin'}:{env['PATH']}"
        env["PYTHONWARNINGS"] = "ignore"  # of Odoo's libraries: not ours to mend
        env["ODOO_DEV_DIR"] = str(DEV)
        # psql's own default, a database called like the role, does not exist.
        env.setdefault("PGDATABASE", "postgres")
        return env

    def odoo_argv(self, *args):
        """The command line of Odoo, with this environment's configuration.

        A subcommand such as ``shell`` has to come before the configuration.
        """
        words = [str(arg) for arg in args]
        subcommand = words[:1] if words and not words[0].startswith("-") else []
        rest = words[len(subcommand) :]
        return [*self.odoo.command(), *subcommand, "-c", str(CONFIG), *rest]

    def become(self, argv):
        """Replace this process by another program, in Odoo's environment."""
        os.execve(str(argv[0]), [str(arg) for arg in argv], self.env())
