"""Everybody at once, for ``make soak`` only: customers, the platform and the jobs on a
server with two workers. No answer is an error of the server, nothing is lost, nothing
is invoiced twice.

Fifty customers work for two minutes. The table of latencies is what the customers
waited, queues included.
"""

import os
import random
import re
import threading
import time
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest
from conftest import LiveServer
from test_api import Platform
from test_automatic_kill import MortalServer
from test_concurrency import BILLING, Tab, check_claims

SEED = int(os.environ.get("SKYDROP_SEED", "20261124"))
CUSTOMERS = 50
SECONDS = 120
DEPOSITS = 60  # of each customer at the start
AUTOMATIC = 5  # every fifth customer has each deposit invoiced by the job
# As a proxy in front of Odoo does: no more connections at once than two workers let
# wait, which is sixteen; the others wait for their turn, and the table counts that.
PLACES = 16
KINDS = {"page", "estimate", "preview", "generate", "pdf", "register"}


class Gate:
    """Lets so many in at once, and the others in the order in which they came."""

    def __init__(self, places):
        self._free = places
        self._lock = threading.Lock()
        self._waiting = deque()

    def __enter__(self):
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(self, *_error):
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


GATE = Gate(PLACES)


class LoadedServer(MortalServer):
    """A server with two workers and the jobs, and more customers than the demo has."""

    def __init__(self, environment):
        LiveServer.__init__(self, environment, "load", ["--workers", "2"])

    def add_customers(self, count):
        """Make portal users ``carga0``, …, each a customer of its own with this ref."""
        (company,) = self.call(
            "res.company", "search", [("chart_template", "=", "mx")], limit=1
        )
        group = self.sql(
            "select res_id from ir_model_data"
            " where module = 'base' and name = 'group_portal'"
        )
        mexico = self.sql("select id from res_country where code = 'MX'")
        self.call(
            "res.users",
            "create",
            [
                {
                    "name": f"Carga {number}",
                    "login": f"carga{number}",
                    "email": f"carga{number}@example.com",
                    "lang": "es_MX",
                    "group_ids": [(6, 0, [int(group)])],
                    "company_id": company,
                    "company_ids": [(6, 0, [company])],
                }
                for number in range(count)
            ],
            context={"no_reset_password": True},  # no mail to each
        )
        self.sql(
            "update res_users set password ="
            " (select password from res_users where login = 'cliente')"
            " where login like 'carga%'"
        )
        partners = self.call("res.partner", "search", [("email", "like", "carga%")])
        self.call(
            "res.partner",
            "write",
            partners,
            {
                "is_company": True,
                "vat": "CLU150408H76",
                "zip": "44100",
                "country_id": int(mexico),
                "skydrop_legal_name": "CARGA",
                "skydrop_fiscal_regime": "601",
                "skydrop_cfdi_use": "G03",
            },
        )
        self.sql(
            "update res_partner set ref = split_part(email, '@', 1)"
            " where email like 'carga%'"
        )


class Notes:
    """What was measured and promised, by many threads."""

    def __init__(self):
        self.waits = defaultdict(list)
        self.failures = []
        self.busy = 0
        self.references = []
        self.invoices = set()
        self.requests = set()

    def timed(self, kind, call):
        """Make a request, note how long it took; a 5xx is a failure."""
        started = time.monotonic()
        answer = call()
        self.waits[kind].append(time.monotonic() - started)
        if answer.status_code >= 500 or "Odoo Server Error" in answer.text[:2000]:
            self.failures.append((kind, answer.status_code, answer.text[-300:]))
        return answer

    def table(self):
        """:return: lines of text: kind, how many, p50, p95 and longest wait in ms"""
        lines = [f"{'':12}{'count':>7}{'p50':>8}{'p95':>8}{'max':>8}  ms"]
        for kind, waits in sorted(self.waits.items()):
            waits = sorted(wait * 1000 for wait in waits)
            p50, p95 = (waits[int(len(waits) * part)] for part in (0.5, 0.95))
            lines.append(f"{kind:12}{len(waits):7}{p50:8.0f}{p95:8.0f}{waits[-1]:8.0f}")
        return lines


class Visitor(Tab):
    """A customer who does what customers do, one thing after the other."""

    def __init__(self, server, number, notes):
        self.notes = notes
        self.chance = random.Random(SEED + number)
        self.own_invoices = []
        super().__init__(server, f"carga{number}", "cliente")
        if number % AUTOMATIC == 0:
            page = self.get(f"{BILLING}/automatic")
            answer = self.post(
                f"{BILLING}/automatic", csrf_token=self.token(page), mode="deposit"
            )
            assert "saved=on" in answer.url

    def get(self, path):
        with GATE:
            return super().get(path)

    def post(self, path, **fields):
        with GATE:
            return super().post(path, **fields)

    def estimate(self, deposit_ids):
        """The figures of the card."""
        body = {"params": {"deposit_ids": [int(record) for record in deposit_ids]}}
        with GATE:
            return self.http.post(f"{self.server.url}{BILLING}/estimate", json=body)

    def work(self, end):
        """Act until the time is over."""
        download = partial(self.download, end)
        acts = [self.tick] * 5 + [self.generate_some] * 2 + [download] * 2
        acts += [self.look_around, self.ask_to_cancel]
        # Each has an invoice first, so that there is something to download.
        self.generate_some()
        self.download(end)
        while time.monotonic() < end:
            self.chance.choice(acts)()

    def tick(self):
        page = self.notes.timed("page", lambda: self.get(BILLING))
        ids = re.findall(r'name="deposit_ids"[^>]*?value="(\d+)"', page.text)
        if not ids:
            return []
        ticked = self.chance.sample(ids, self.chance.randint(1, min(len(ids), 4)))
        self.notes.timed("estimate", lambda: self.estimate(ticked))
        return ticked

    def generate_some(self):
        ticked = self.tick()
        if not ticked:
            return
        page = self.notes.timed(
            "preview", lambda: self.post(f"{BILLING}/preview", deposit_ids=ticked)
        )
        fingerprint = re.search(r'name="fingerprint"\s+value="(\w+)"', page.text)
        if not fingerprint:
            return  # the job was faster
        form = {
            "csrf_token": self.token(page),
            "deposit_ids": ticked,
            "fingerprint": fingerprint.group(1),
        }
        answer = self.notes.timed("generate", lambda: self.generate(form))
        made = re.search(r"/my/invoices/(\d+)", answer.url)
        if made:
            self.own_invoices.append(made.group(1))
            self.notes.invoices.add(made.group(1))
        if self.chance.random() < 0.3:
            # A second click on the same page.
            again = self.notes.timed("generate", lambda: self.generate(form))
            assert not made or f"/my/invoices/{made.group(1)}" in again.url

    def download(self, end):
        if not self.own_invoices:
            return
        invoice = self.chance.choice(self.own_invoices)
        path = f"/my/invoices/{invoice}?report_type=pdf&download=true"
        answer = self.notes.timed("pdf", lambda: self.get(path))
        while answer.status_code == 202 and time.monotonic() < end:
            # Others are being made: the page asks again, as a browser does.
            self.notes.busy += 1
            seconds, url = answer.headers["Refresh"].split("; url=")
            time.sleep(int(seconds))
            answer = self.notes.timed("pdf", lambda url=url: self.get(url))

    def look_around(self):
        for path in ("/my/movements", f"{BILLING}/invoices", "/my/requests"):
            self.notes.timed("page", lambda path=path: self.get(path))

    def ask_to_cancel(self):
        if not self.own_invoices:
            return
        invoice = self.own_invoices.pop()
        path = f"/my/invoices/{invoice}/change"
        page = self.notes.timed("page", lambda: self.get(f"{path}?request_type=cancel"))
        answer = self.notes.timed(
            "request",
            lambda: self.post(
                path,
                csrf_token=self.token(page),
                request_type="cancel",
                reason="02",
                confirmed="1",
            ),
        )
        found = re.search(r"/my/requests/(\d+)", answer.url)
        assert found, (answer.status_code, answer.url, answer.text[-2000:])
        self.notes.requests.add(found.group(1))


def register(platform, notes, end):
    """The platform reports deposits all the time, some of them twice."""
    number = 0
    chance = random.Random(SEED)
    while time.monotonic() < end:
        batch = [
            row(f"LIVE-{number}-{place}", chance.randrange(CUSTOMERS), days=0)
            for place in range(5)
        ]
        number += 1
        answer = notes.timed("register", lambda batch=batch: send(platform, batch))
        assert answer.status_code == 200, answer.text
        notes.references += [each["reference"] for each in batch]
        if chance.random() < 0.3:
            again = send(platform, batch)
            assert not any(each["created"] for each in again.json())
        time.sleep(0.2)


def send(platform, batch):
    """One call of the platform."""
    with GATE:
        return platform.register(batch)


def row(reference, customer, days):
    """A deposit as the platform sends it, so many days after it was paid."""
    paid = datetime.now(timezone.utc) - timedelta(days=days, minutes=1)
    return {
        "reference": reference,
        "partner_ref": f"carga{customer}",
        "amount": f"{100 + len(reference) + customer}.37",
        "date": paid.isoformat(timespec="seconds"),
        "payment_form": "03",
    }


@pytest.fixture
def loaded(dev_environment):
    """The server, its customers with some deposits each, and the platform."""
    with LoadedServer(dev_environment) as server:
        server.add_customers(CUSTOMERS)
        platform = Platform(server)
        rows = [
            row(f"OLD-{customer}-{number}", customer, days=10)
            for customer in range(CUSTOMERS)
            for number in range(DEPOSITS)
        ]
        assert platform.register(rows).status_code == 200
        yield server, platform, [each["reference"] for each in rows]


def test_everybody_at_once(loaded):
    server, platform, references = loaded
    notes = Notes()
    notes.references += references
    with ThreadPoolExecutor(CUSTOMERS + 1) as pool:
        visitors = list(
            pool.map(lambda number: Visitor(server, number, notes), range(CUSTOMERS))
        )
        end = time.monotonic() + SECONDS
        work = [pool.submit(visitor.work, end) for visitor in visitors]
        work.append(pool.submit(register, platform, notes, end))
        for each in work:
            each.result()
    total = sum(map(len, notes.waits.values()))
    print(
        f"\n{CUSTOMERS} customers, {SECONDS} s, {total} requests, seed {SEED},"
        f" {len(notes.invoices)} invoices, {len(notes.requests)} requests to change,"
        f" turns waited for PDFs: {notes.busy}",
        *notes.table(),
        sep="\n",
    )
    assert notes.failures == []
    assert KINDS <= set(notes.waits)
    check_nothing_is_lost(server, notes)
    check_the_job_is_done(server)
    check_claims(server)
    # The administrator's button: a notification that all agrees, and no list.
    answer = server.call("skydrop.deposit", "action_check_consistency")
    assert answer["type"] == "ir.actions.client", answer


def check_nothing_is_lost(server, notes):
    """What customers and the platform were promised is there, once."""
    stored = server.sql(
        "select reference from skydrop_deposit"
        " where reference like 'OLD-%' or reference like 'LIVE-%'"
    ).split()
    assert sorted(stored) == sorted(notes.references)
    for table, promised in (
        ("account_move", notes.invoices),
        ("skydrop_change_request", notes.requests),
    ):
        ids = server.sql(f"select id from {table}").split()
        assert promised <= set(ids), table
    # Sums of invoices and of what deposits say is invoiced are equal, to the cent.
    assert (
        server.sql(
            "select (select sum(amount_invoiced) from skydrop_deposit) = (select"
            " sum(l.price_total) from account_move_line l where"
            " skydrop_deposit_id is not null and parent_state = 'posted')"
        )
        == "t"
    )
    assert (
        server.sql(
            "select sum(amount_total) = (select sum(l.price_total) from"
            " account_move_line l where skydrop_deposit_id is not null"
            " and parent_state = 'posted') from account_move m where state = 'posted'"
            " and exists (select 1 from account_move_line l where l.move_id = m.id"
            " and skydrop_deposit_id is not null)"
        )
        == "t"
    )


def check_the_job_is_done(server):
    """Sooner or later nothing is left of the customers with automatic invoicing."""
    end = time.monotonic() + 60
    query = (
        "select count(*) from skydrop_deposit d join skydrop_auto_billing r"
        " on r.partner_id = d.commercial_partner_id where r.active"
        " and d.billing_date >= r.covered_from and d.amount_to_invoice > 0"
        " and d.partner_id in (select id from res_partner where ref like 'carga%')"
    )
    while server.sql(query) != "0":
        assert time.monotonic() < end, "deposits of automatic invoicing are left"
        time.sleep(0.5)
