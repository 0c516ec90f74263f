"""``make run``: the demo database, served until Ctrl-C."""

import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

from . import mailsink
from .console import Stop, last_words, say, step
from .databases import Databases, addon_digest
from .environment import Environment
from .paths import LOGS, MAILS, ROOT, free_port

DATABASE = "skydrop_demo"
LOG = LOGS / "run.log"
START_LIMIT = 120  # seconds for Odoo to answer
LOGINS = (
    ("customer", "cliente", "/my"),
    ("accountant", "contador", "/odoo"),
    ("administrator", "admin", "/odoo"),
)


def wanted_port():
    """The port asked for; stops when another program has it."""
    text = os.environ.get("PORT") or "8069"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Stop(f"PORT={text} is no port", "use a number such as PORT=8070")
    port = int(text)
    if not free_port(port):
        raise Stop(
            f"port {port} of 127.0.0.1 is taken by another program",
            f"stop that program, or use another port: PORT={port + 1} make run",
        )
    return port


def run(_args):
    """Prepare what is missing, serve, and end everything with Ctrl-C."""
    started = time.monotonic()
    # SIGINT too: a shell's background jobs start with it ignored.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    port = wanted_port()
    environment = Environment()
    sink = None
    try:
        databases = Databases(environment)
        prepare(databases, port)
        sink = mailsink.start(mailsink.choose_port(), MAILS)
        environment.write_config()
        return serve(environment, port, started)
    finally:
        if sink:
            mailsink.stop(sink)
        environment.server.stop_if_started_here()


def prepare(databases, port):
    """Have the demo database, up to date with the addon, at this address."""
    now = addon_digest()
    if not databases.exists(DATABASE):
        databases.fresh(DATABASE, demo=True)
    elif databases.note(DATABASE) != now:
        databases.update(DATABASE)
    databases.set_note(DATABASE, now)
    address = f"http://127.0.0.1:{port}"
    # report.url: wkhtmltopdf fetches styles and pictures from there.
    databases.set_parameters(
        DATABASE,
        {
            "web.base.url": address,
            "web.base.url.freeze": "True",
            "report.url": address,
        },
    )


def serve(environment, port, started):
    """Run Odoo until it ends or Ctrl-C; return the exit code."""
    argv = environment.odoo_argv(
        *("-d", DATABASE, "--db-filter", f"^{DATABASE}$"),
        *("--http-port", port),
    )
    with open(LOG, "wb") as log:
        odoo = subprocess.Popen(
            argv,
            env=environment.env(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches only us: we end Odoo in order
        )
    try:
        with step("Odoo"):
            wait_until_it_answers(odoo, f"http://127.0.0.1:{port}")
        welcome(port, time.monotonic() - started)
        warm_up(f"http://127.0.0.1:{port}")
        odoo.wait()
        raise Stop("Odoo ended", f"look into {LOG}", last_log_words())
    except KeyboardInterrupt:
        say("\nEnding …")
        return 0
    finally:
        end(odoo)


def _interrupt(_signal, _frame):
    raise KeyboardInterrupt


def wait_until_it_answers(odoo, address):
    """Return once the server answers requests; stop when it does not."""
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit:
        if odoo.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/web/health", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise Stop("Odoo did not start", f"look into {LOG}", last_log_words())


def last_log_words():
    """The last line of Odoo's log."""
    return last_words(LOG.read_text(errors="replace"), 1) if LOG.exists() else ""


def warm_up(address):
    """Have Odoo build its scripts and styles before the first visitor asks."""

    def visit():
        try:
            urllib.request.urlopen(f"{address}/web/login", timeout=60).close()
        except OSError:
            pass  # only a courtesy

    threading.Thread(target=visit, daemon=True).start()


def welcome(port, seconds):
    """Tell where the demo is and how to enter it."""
    address = f"http://127.0.0.1:{port}"
    lines = [f"Ready after {seconds:.0f} s: {address}", ""]
    for who, login, path in LOGINS:
        lines.append(f"  {who:<14} {login} / {login:<10} {address}{path}")
    lines += [
        "",
        f"  mails          {shown(MAILS)}/*.eml",
        f"  log            tail -f {shown(LOG)}",
        "",
        "Ctrl-C ends it.",
    ]
    print("\n".join(lines), flush=True)


def shown(path):
    """A path as the user would type it."""
    return os.path.relpath(path, ROOT) if path.is_relative_to(ROOT) else path


def end(process):
    """End a process, kindly first."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
