"""A local SMTP server that keeps every mail as a file and sends none on.

Used from the outside as ``start``; run as a program by the virtual environment's
Python: ``python mailsink.py PORT FOLDER``.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

if __package__:
    from .console import Stop
    from .paths import DEV, LOGS, free_port
    from .python_env import PYTHON

DEFAULT_PORT = 8025


def port():
    """The port of the sink of `make run`: the last one used."""
    note = DEV / "stamps" / "smtp-port"
    return int(note.read_text()) if note.exists() else DEFAULT_PORT


def choose_port():
    """Keep the last port when it is free, else take and note another one."""
    chosen = free_port(port()) or free_port()
    note = DEV / "stamps" / "smtp-port"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(str(chosen))
    return chosen


def start(number, folder):
    """Start a sink on this port; return its process once it accepts mail."""
    folder.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(LOGS / "mailsink.log", "ab") as log:
        process = subprocess.Popen(
            [str(PYTHON), os.path.abspath(__file__), str(number), str(folder)],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C ends Odoo first, then the sink
        )
    for _try in range(100):
        if process.poll() is not None:
            break
        if not free_port(number):
            return process
        time.sleep(0.1)
    process.kill()
    raise Stop("the mail sink did not start", f"look into {LOGS / 'mailsink.log'}")


def stop(process):
    """End a sink that ``start`` returned."""
    process.terminate()
    process.wait(10)


def serve(number, folder):
    """Keep mails until told to end, each as ``<time>-<count>.eml``."""
    from aiosmtpd.controller import Controller

    class Keep:
        """Writes a mail under a hidden name first: readers see it whole or not."""

        count = 0

        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
            Keep.count += 1
            name = f"{time.time_ns()}-{Keep.count}.eml"
            unfinished = folder / f".{name}"
            head = f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n".encode()
            unfinished.write_bytes(head + envelope.content)
            unfinished.rename(folder / name)
            return "250 kept"

    controller = Controller(Keep(), hostname="127.0.0.1", port=number)
    controller.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
