"""Fixtures of the end-to-end tests: a real Odoo, a real browser, a real mail sink."""

import email
import email.policy
import os
import re
import resource
import signal
import subprocess
import time
import urllib.request

import pytest
from devenv import mailsink
from devenv.databases import PREFIX, Databases
from devenv.environment import Environment
from devenv.npm import TOOLS, installed
from devenv.paths import LOGS, MAILS, SCREENSHOTS, free_port
from playwright.sync_api import sync_playwright

START_LIMIT = 120  # seconds for Odoo to answer
MAIL_LIMIT = 60  # seconds for the queue to send
# Chromium calls home otherwise, which a closed network answers slowly.
CHROMIUM_OPTIONS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Root may not sandbox, nor some distributions' users; only our own pages open.
    "--no-sandbox",
)


def until(condition, what, limit=30, pause=0.1):
    """Wait for a condition.

    :param condition: called until it returns something true
    :param float pause: seconds between two calls
    :return: what it returned
    """
    end = time.monotonic() + limit
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(pause)
    raise AssertionError(f"not within {limit} s: {what}")


class LiveServer:
    """An Odoo of its own, on a fresh database with the demo data.

    :ivar str url: its address
    :ivar str db: name of its database
    :ivar Path mails: folder in which each mail it sends is a file
    :ivar Path log: its log
    """

    def __init__(self, environment, name, options=()):
        self.db = f"{PREFIX}{name}"
        self.environment = environment
        self.options = options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mails = MAILS / name
        self.log = LOGS / f"{name}.log"
        self._databases = Databases(environment)
        self._process = self._sink = self._smtp_port = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error):
        self.stop()

    def start(self):
        """Make the database, start the mail sink and the server, wait for it."""
        self._databases.fresh(self.db, demo=True)
        self.log.unlink(missing_ok=True)
        for file in self.mails.glob("*.eml"):
            file.unlink()
        self._databases.set_parameters(
            self.db, {"web.base.url": self.url, "report.url": self.url}
        )
        smtp_port = free_port()
        self._sink = mailsink.start(smtp_port, self.mails)
        self._smtp_port = smtp_port
        self._start_process()

    def process_env(self):
        """The environment variables of its processes."""
        return self.environment.env()

    def _start_process(self):
        argv = self.environment.odoo_argv(
            *("-d", self.db, "--db-filter", f"^{self.db}$", "--http-port", self.port),
            *("--smtp-port", self._smtp_port, *self.options),
        )
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                argv,
                env=self.process_env(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def _wait(self):
        limit = time.monotonic() + START_LIMIT
        while time.monotonic() < limit and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/web/login", timeout=30).close()
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"Odoo did not start: {self.log.read_text()[-2000:]}")

    def revive(self):
        """Start the server again if it ended, as the service manager of a machine
        does: Odoo's first process ends when PostgreSQL goes as it starts a worker."""
        if self._process.poll() is not None:
            self._start_process()

    @property
    def pid(self):
        """Process id of the server's first process."""
        return self._process.pid

    def sql(self, statement):
        """Run one statement on the server's database; return its rows as text."""
        return self.environment.server.sql(statement, self.db)

    def run_job(self, name):
        """Have a scheduled action start now, by its external id."""
        module, record = name.split(".")
        self.sql(
            "update ir_cron set nextcall = now() at time zone 'utc' - interval '1 min'"
            " where id = (select res_id from ir_model_data"
            f" where module = '{module}' and name = '{record}')"
        )
        self.environment.server.sql(
            f"select pg_notify('cron_trigger', '{self.db}')", "postgres"
        )

    def mail_down(self):
        """End the mail sink: no mail server answers."""
        mailsink.stop(self._sink)
        self._sink = None

    def mail_up(self):
        """Start the mail sink again, where it was."""
        self._sink = mailsink.start(self._smtp_port, self.mails)

    def received(self):
        """The mails it sent, as the other side got them, oldest first.

        The demo's own are among them, some time after the start.
        """
        return [
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in sorted(self.mails.glob("*.eml"))
        ]

    def mail_about(self, words):
        """The first mail with these words in its subject, waiting until it is there."""
        return until(
            lambda: next(
                (mail for mail in self.received() if words in mail["Subject"]), None
            ),
            f"a mail about {words}",
            MAIL_LIMIT,
        )

    def stop(self):
        """End the server and its mail sink, and drop the database."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        if self._sink:
            mailsink.stop(self._sink)
        self._databases.drop(self.db)


@pytest.fixture(scope="session")
def dev_environment():
    """The development environment that runs the tests."""
    # Odoo bounds the memory of the process that runs it, so of pytest and of what it
    # starts; Chromium reserves far more addresses than that.
    hard_limit = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard_limit, hard_limit))
    return Environment()


@pytest.fixture(scope="session")
def live_server(dev_environment):
    """One server for the whole session."""
    with LiveServer(dev_environment, "e2e") as server:
        yield server


@pytest.fixture(scope="session")
def chromium(dev_environment):
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["SKYDROP_CHROMIUM"], args=list(CHROMIUM_OPTIONS)
        )
        yield browser
        browser.close()


class Customer:
    """Somebody at a browser window.

    :ivar page: playwright's page
    :ivar list console: errors that the pages wrote to the console
    """

    def __init__(self, server, chromium, width):
        self.server = server
        self.width = width
        self.context = chromium.new_context(
            base_url=server.url,
            viewport={"width": width, "height": 844 if width < 500 else 900},
            locale="es-MX",
            timezone_id="America/Mexico_City",
            has_touch=width < 500,
        )
        self.page = self.context.new_page()
        self.console = []
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("console", self._remember)

    def _remember(self, message):
        if message.type == "error":
            self.console.append(f"{message.text} {message.location['url']}")

    def sign_in(self, login, path=""):
        """Sign in as a user of the demo data, whose password is the login, and land on
        a page; on the home page without one."""
        self.page.goto(f"/web/login?redirect={path}" if path else "/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click("form button[type=submit]")
        self.page.wait_for_url(re.compile("/(my|odoo)"))

    def node(self, name):
        """The first node that carries ``data-skydrop`` of this name."""
        return self.page.locator(f"[data-skydrop={name}]").first

    def screenshot(self, name):
        """Keep a picture of the whole page, for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}_{self.width}.png"
        self.page.screenshot(path=path, full_page=True)

    def press_until(self, key, selector, limit=150):
        """Press a key until the element that has the focus fits a selector.

        :raise AssertionError: it is not reached
        """
        for _press in range(limit):
            self.page.keyboard.press(key)
            if self.page.evaluate(
                "selector => document.activeElement.matches(selector)", selector
            ):
                return
        raise AssertionError(f"{selector} is not reached by {key}")

    def check_page(self, name):
        """What holds for each page: a picture is kept, nothing scrolls sideways, no
        accessibility rule is violated."""
        self.screenshot(name)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.width, f"{name} is {width} pixels wide"
        # Odoo writes there that styles did not compile.
        notice = self.page.evaluate(
            "getComputedStyle(document.body, '::before').content"
        )
        assert "css error" not in notice, notice
        violations = self.axe_violations()
        assert not violations, "\n".join(violations)

    def axe_violations(self):
        """Violated accessibility rules of our part of the page, with their nodes."""
        self.page.evaluate(installed(TOOLS, "axe-core/axe.min.js").read_text())
        found = self.page.evaluate("axe.run('#wrap')")
        return [
            f"{violation['id']}: {node['html'][:200]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]


@pytest.fixture(params=[1400, 390], ids=["desk", "phone"])
def customer(request, live_server, chromium):
    """A customer at a desk, and one with a phone."""
    somebody = Customer(live_server, chromium, request.param)
    yield somebody
    somebody.context.close()
    assert somebody.console == []


def pytest_collection_modifyitems(items):
    """What stops PostgreSQL takes the connections of all servers: it comes last."""
    items.sort(key=lambda item: item.get_closest_marker("stops_postgres") is not None)
