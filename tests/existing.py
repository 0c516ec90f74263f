"""Databases that were there before the addon, or before its present version."""

import subprocess

from devenv.console import Stop
from devenv.databases import PREFIX, Databases
from devenv.paths import ADDON_NAME, LOGS, ROOT

# Columns of an invoice that its copies must not share.
OWN_COLUMNS = {
    "account_move": {"id", "name", "sequence_number", "access_token"},
    "account_move_line": {"id", "move_id", "move_name"},
}
INVOICE = """
partner = env["res.partner"].create({"name": "Cliente de antes"})
move = env["account.move"].create({
    "move_type": "out_invoice",
    "partner_id": partner.id,
    "invoice_date": "2025-06-30",
    "invoice_line_ids": [(0, 0, {"name": "Envíos", "price_unit": 1000})],
})
move.action_post()
env.cr.commit()
print("DONE", move.id)
"""


class ExistingDatabase:
    """A database to install into, update and uninstall from.

    :ivar str name: its name
    """

    def __init__(self, environment, name):
        self.environment = environment
        self.databases = Databases(environment)
        self.name = f"{PREFIX}{name}"

    def __enter__(self):
        self.databases.copy(self.databases.template(), self.name)
        return self

    def __exit__(self, *_error):
        self.databases.drop(self.name)

    def sql(self, statement):
        """Run a statement; return its rows as text."""
        return self.environment.server.sql(statement, self.name)

    def odoo(self, *args):
        """Run Odoo until it has done what the options say; an error stops the test."""
        self.databases.odoo("Odoo", self.name, *args)

    def shell(self, script, *args):
        """Run a script in Odoo's shell; return what it printed.

        :raise AssertionError: it did not print DONE
        """
        argv = self.environment.odoo_argv(
            *("shell", "-d", self.name, "--no-http", "--log-level", "warn", *args)
        )
        done = subprocess.run(
            argv,
            input=script,
            env=self.environment.env(),
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert "DONE" in done.stdout, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def is_installed(self):
        """Whether the addon is installed."""
        query = f"select state from ir_module_module where name = '{ADDON_NAME}'"
        return self.sql(query) == "installed"

    def fill(self, count):
        """Add so many posted invoices, copies of one that Odoo made."""
        move_id = int(self.shell(INVOICE).split("DONE")[1].split()[0])
        moves = self._columns("account_move")
        lines = self._columns("account_move_line")
        self.sql(
            f"create temp table copies as select g, nextval('account_move_id_seq') as"
            f" id from generate_series(1, {count}) g;"
            f"insert into account_move (id, name, sequence_number, {moves})"
            f" select c.id, 'VIEJA/2025/' || c.g, c.g, {moves} from copies c,"
            f" (select {moves} from account_move where id = {move_id}) m;"
            f"insert into account_move_line (move_id, move_name, {lines})"
            f" select c.id, 'VIEJA/2025/' || c.g, {lines} from copies c,"
            f" (select {lines} from account_move_line where move_id = {move_id}) l;"
            "update account_move set sequence_prefix = 'VIEJA/2025/'"
            f" where id in (select id from copies)"
        )
        self.sql("analyze account_move")
        self.sql("analyze account_move_line")

    def _columns(self, table):
        names = self.sql(
            "select string_agg(quote_ident(column_name), ', ' order by column_name)"
            f" from information_schema.columns where table_name = '{table}' and"
            " is_generated = 'NEVER' and column_name not in"
            f" ({', '.join(repr(name) for name in sorted(OWN_COLUMNS[table]))})"
        )
        return names

    def fingerprints(self):
        """Of each table of invoices: the number of rows, and a digest of which rows
        there are, when Odoo last wrote each and which transaction stored it."""
        return {
            table: self.sql(
                "select count(*), md5(string_agg(id || ' ' || xmin || ' ' ||"
                f" coalesce(write_date::text, ''), ',' order by id)) from {table}"
            )
            for table in OWN_COLUMNS
        }


def git(*args):
    """Run git in the clone; return what it printed."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), *args], capture_output=True, text=True
    )
    if done.returncode:
        raise Stop(f"git {' '.join(args)} failed", why=done.stderr.strip()[-300:])
    return done.stdout.strip()


def log_of_installation():
    """What Odoo wrote down last."""
    return (LOGS / "install.log").read_text(errors="replace")
