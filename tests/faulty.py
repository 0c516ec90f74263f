"""A server whose surroundings fail when told: wkhtmltopdf, SMTP, the filestore.

The faults are real ones, at the border of the process: a program on the PATH, a peer
on a socket, a folder that is not there.
"""

import os
import shutil
import socket
import threading

from conftest import LiveServer
from devenv import mailsink
from devenv.databases import FILESTORE
from devenv.paths import DEV

PDF_SECONDS = 5  # the time limit of wkhtmltopdf in these tests
PROGRAM = """#!/bin/sh
mode=$(cat {folder}/mode)
if [ "$1" = --version ]; then
    [ "$mode" = unpatched ] || patched=" (with patched qt)"
    echo "wkhtmltopdf 0.12.6$patched"
    exit
fi
case $mode in
    hang) echo $$ >> {folder}/pids; sleep 300 ;;
    crash) kill -SEGV $$ ;;
    broken) exit 1 ;;
    unpatched)
        # Without the patches there are no headers and footers.
        count=$#
        while [ "$count" -gt 0 ]; do
            word=$1
            shift
            count=$((count - 1))
            case $word in
                --header-*|--footer-*) shift; count=$((count - 1)) ;;
                *) set -- "$@" "$word" ;;
            esac
        done ;;
esac
exec {real} "$@"
"""


class FaultyServer(LiveServer):
    """A server with two workers in surroundings that can be made to fail."""

    def __init__(self, environment, name):
        super().__init__(environment, name, ["--workers", "2"])
        self.folder = DEV / "faults"
        self.filestore = FILESTORE / self.db

    def start(self):
        """Start it in good order."""
        self.folder.mkdir(parents=True, exist_ok=True)
        real = shutil.which("wkhtmltopdf", path=self.environment.env()["PATH"])
        self.program = self.folder / "wkhtmltopdf"
        self.program.write_text(PROGRAM.format(folder=self.folder, real=real))
        self.program.chmod(0o755)
        self.set_wkhtmltopdf("good")
        super().start()

    def _start_process(self):
        self._databases.set_parameters(
            self.db, {"skydrop_facturacion.pdf_seconds": PDF_SECONDS}
        )
        super()._start_process()

    def process_env(self):
        """Ours is the first wkhtmltopdf on the PATH."""
        env = super().process_env()
        return dict(env, PATH=f"{self.folder}:{env['PATH']}")

    # -- wkhtmltopdf

    def set_wkhtmltopdf(self, mode):
        """Have the next PDF made well (``good``), or not."""
        (self.folder / "mode").write_text(mode)
        (self.folder / "pids").unlink(missing_ok=True)

    def hanging_programs(self):
        """Process ids of the wkhtmltopdf that hang or hung."""
        pids = self.folder / "pids"
        return pids.read_text().split() if pids.exists() else []

    # -- SMTP

    def stop_smtp(self):
        """From now on nobody listens there."""
        mailsink.stop(self._sink)
        self._sink = None

    def start_smtp(self):
        """Accept mail again."""
        self._sink = mailsink.start(self._smtp_port, self.mails)

    def bad_smtp(self, behaviour):
        """A server in place of the good one, see ``BadSmtp``."""
        return BadSmtp(self._smtp_port, behaviour)

    # -- what is in the database

    def locked_rows(self, *tables):
        """How many rows of these tables nobody else could write just now, by table."""
        counts = {}
        for table in tables:
            counts[table] = self.sql(
                f"select (select count(*) from {table}) - (select count(*) from"
                f" (select 1 from {table} for no key update skip locked) as free)"
            )
        return {table: count for table, count in counts.items() if count != "0"}


class BadSmtp:
    """An SMTP server that hangs at its greeting, hangs in the middle of a mail
    (``data``), or refuses to talk (``refuse``) or to take the mail (``reject``)."""

    REPLIES = {"EHLO": "250 bad", "HELO": "250 bad", "MAIL": "250 ok", "RSET": "250 ok"}

    def __init__(self, port, behaviour):
        self.behaviour = behaviour
        self.talks = []
        self.reached = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for talk in self.talks:
            talk.close()
        self._thread.join()

    def _accept(self):
        while True:
            try:
                talk, _address = self._socket.accept()
            except OSError:
                return
            self.talks.append(talk)
            self._converse(talk)

    def _converse(self, talk):
        if self.behaviour == "greeting":
            self.reached.set()
            return
        if self.behaviour == "refuse":
            self.reached.set()
            talk.sendall(b"554 no service\r\n")
            talk.close()
            return
        talk.sendall(b"220 bad\r\n")
        for line in talk.makefile():
            command = line[:4].upper().strip()
            if command == "DATA":
                self.reached.set()
                return  # and never answers
            if command == "QUIT":
                talk.close()
                return
            reply = self.REPLIES.get(command, "502 what?")
            if command == "RCPT":
                reply = "250 ok"
                if self.behaviour == "reject":
                    self.reached.set()
                    reply = "550 no such user"
            talk.sendall(f"{reply}\r\n".encode())


class broken_filestore:  # noqa: N801 -- used like a function
    """While inside, the folder of the files is gone and cannot be made."""

    def __init__(self, server):
        self.folder = server.filestore
        self.aside = server.filestore.with_suffix(".aside")

    def __enter__(self):
        self.folder.rename(self.aside)
        self.folder.touch()  # a file where a folder should be

    def __exit__(self, *_error):
        os.unlink(self.folder)
        self.aside.rename(self.folder)


def cancel_request(tab, invoice_id, **options):
    """Ask to cancel an invoice; return the answer's page."""
    path = f"/my/invoices/{invoice_id}/change"
    fields = {
        "csrf_token": tab.token(tab.get(f"{path}?request_type=cancel")),
        "request_type": "cancel",
        "reason": "02",
        "confirmed": "1",
        "description": "Un error",
    }
    return tab.http.post(tab.server.url + path, data=fields, **options)


def request_of(server, invoice_id, column="mail_state"):
    """A column of the request about an invoice."""
    return server.sql(
        f"select {column} from skydrop_change_request where invoice_id = {invoice_id}"
    )
