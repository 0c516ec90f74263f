"""The job of automatic invoicing, killed at chosen points: the same end as undisturbed.

Each point is the nth change of a table, where the job waits for an advisory lock; the
workers are killed there, and their successors go on.
"""

import json
import os
import random
import time
import urllib.request

import pytest
from conftest import LiveServer
from test_kills import LOCK, SEED, TRIGGER, KillPoint, kill_workers

pytestmark = pytest.mark.with_browser
CUSTOMERS = 30  # of each kill
KILLS = 2 if os.environ.get("SKYDROP_SOAK", "1") == "1" else 20
# table, operation, latest of its changes to wait at
POINTS = (
    ("account_move", "INSERT", 30),
    ("account_move", "UPDATE", 30),
    ("account_move_line", "INSERT", 60),
    ("skydrop_deposit", "UPDATE", 30),
    ("skydrop_auto_billing", "UPDATE", 30),
    ("mail_message", "INSERT", 30),
    # A run that is still fresh is continued.
    ("skydrop_auto_billing_run", "INSERT OR UPDATE", 1),
    ("ir_cron_progress", "UPDATE", 1),
)
LIMIT = 120  # seconds for the job to end
OF_JOBS = (
    "id in (select res_id from ir_model_data where module = 'skydrop_facturacion'"
    " and name in ('ir_cron_auto_billing_1', 'ir_cron_auto_billing_2'))"
)


class MortalServer(LiveServer):
    """A server whose scheduled processes can be killed."""

    def call(self, model, method, *args, **kwargs):
        """Call a method as the administrator."""
        uid = self._rpc("common", "login", self.db, "admin", "admin")
        words = (self.db, uid, "admin", model, method, args, kwargs)
        return self._rpc("object", "execute_kw", *words)

    def _rpc(self, service, method, *args):
        body = {"params": {"service": service, "method": method, "args": args}}
        request = urllib.request.Request(
            f"{self.url}/jsonrpc",
            json.dumps({"jsonrpc": "2.0", "method": "call", **body}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            content = json.load(answer)
        assert "error" not in content, content["error"]
        return content.get("result")

    def put_to_sleep(self):
        """Let no job start; one that works ends first."""
        self.sql(f"update ir_cron set active = false where {OF_JOBS}")

    def wake(self):
        """Have both jobs start now."""
        self.sql(
            "update ir_cron set active = true,"
            " nextcall = now() at time zone 'utc' - interval '1 minute'"
            f" where {OF_JOBS}"
        )
        self.environment.server.sql(
            f"select pg_notify('cron_trigger', '{self.db}')", "postgres"
        )


@pytest.fixture
def mortal_server(dev_environment):
    """A server with two processes for scheduled actions."""
    options = ["--workers", "1", "--max-cron-threads", "2"]
    with MortalServer(dev_environment, "kill", options) as server:
        server.sql(TRIGGER.format(lock=LOCK))
        yield server


def prepare(server, count=CUSTOMERS):
    """Customers with one deposit each, whose window is over; return the deposits."""
    (company,) = server.call(
        "res.company", "search", [("chart_template", "=", "mx")], limit=1
    )
    (mexico,) = server.call("res.country", "search", [("code", "=", "MX")])
    customers = server.call(
        "res.partner",
        "create",
        [
            {
                "name": f"Cliente {number}",
                "is_company": True,
                "vat": "CLU150408H76",
                "zip": "44100",
                "country_id": mexico,
                "skydrop_legal_name": f"CLIENTE {number}",
                "skydrop_fiscal_regime": "601",
                "skydrop_cfdi_use": "G03",
            }
            for number in range(count)
        ],
    )
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 10 * 86400))
    deposits = server.call(
        "skydrop.deposit",
        "create",
        [
            {
                "partner_id": customer,
                "company_id": company,
                "amount": 100,
                "date": f"{day} 18:00:00",
                "payment_form": "03",
            }
            for customer in customers
        ],
    )
    server.call("skydrop.deposit", "action_confirm", deposits)
    server.call(
        "skydrop.auto.billing",
        "create",
        [
            {
                "partner_id": customer,
                "company_id": company,
                "mode": "period",
                "period_days": "7",
                "start_date": day,
            }
            for customer in customers
        ],
    )
    return deposits


def left(server):
    """How many rules are still due."""
    return int(
        server.sql(
            "select count(*) from skydrop_auto_billing where next_date <= current_date"
        )
    )


class Work:
    """What is due, until the jobs have done it or their time is over."""

    def __init__(self, server):
        self.server = server
        self.limit = time.monotonic() + LIMIT

    def is_alive(self):
        return left(self.server) and time.monotonic() < self.limit

    def finish(self):
        """Have the jobs do all of it."""
        while self.is_alive():
            self.server.wake()
            time.sleep(0.5)
        assert left(self.server) == 0


def kill_at(server, table, operation, count):
    """Have the jobs work, and kill them where one waits.

    :return: whether one got there
    """
    place = KillPoint(server, table, operation, count)
    server.wake()
    try:
        backend = place.wait_for(Work(server))
        if backend:
            kill_workers(server, backend)
    finally:
        place.connection.close()
    server.sql(f"DROP TRIGGER kill_point ON {table}")
    return bool(backend)


def test_killed_again_and_again(mortal_server):
    server = mortal_server
    chance = random.Random(SEED)
    deposits = prepare(server, 1)
    Work(server).finish()
    expected = outcomes(server, deposits)
    points = chance.sample(POINTS * KILLS, KILLS)
    reached = 0
    for table, operation, latest in points:
        server.put_to_sleep()
        deposits += prepare(server)
        reached += kill_at(server, table, operation, chance.randint(1, latest))
    Work(server).finish()
    print(f"seed {SEED}: killed at {reached} points of {KILLS}: {points}")
    assert reached == KILLS
    assert outcomes(server, deposits) == expected
    check_invoiced_once(server, deposits)


def outcomes(server, deposits):
    """All that the jobs left behind, of each deposit, without what tells them apart.

    :return: the different ones, one a line
    """
    ids = ",".join(map(str, deposits))
    return server.sql(
        "select distinct d.invoice_status, d.amount_invoiced, d.amount_freed,"
        " m.state, m.amount_total, m.invoice_date, m.date, m.payment_state,"
        " m.skydrop_rfc, m.skydrop_auto_billing_id = r.id, r.next_date, r.active,"
        " r.last_run is null, r.last_error, r.failure_count, r.unfinished_count,"
        " (select count(*) from account_move_line i where i.move_id = m.id),"
        " (select count(*) from mail_message n"
        " where n.model = 'account.move' and n.res_id = m.id)"
        " from skydrop_deposit d"
        " left join account_move_line l on l.skydrop_deposit_id = d.id"
        " left join account_move m on m.id = l.move_id"
        " join skydrop_auto_billing r on r.partner_id = d.partner_id"
        f" where d.id in ({ids})"
    )


def check_invoiced_once(server, deposits):
    """Each deposit has one posted invoice of its own, and the runs say so."""
    ids = ",".join(map(str, deposits))
    assert (
        server.sql(
            "select count(*), count(distinct l.skydrop_deposit_id),"
            " count(distinct l.move_id), min(m.state), max(m.state)"
            " from account_move_line l join account_move m on m.id = l.move_id"
            f" where l.skydrop_deposit_id in ({ids})"
        ).split("|")
        == [str(len(deposits))] * 3 + ["posted"] * 2
    )
    assert server.sql(
        f"select count(*) from skydrop_deposit where id in ({ids})"
        " and invoice_status = 'invoiced'"
    ) == str(len(deposits))
    # What the runs say is what happened.
    assert (
        server.sql("select sum(generated), sum(failed) from skydrop_auto_billing_run")
        == f"{len(deposits)}|0"
    )
    assert (
        server.sql("select count(*) from skydrop_auto_billing where last_error <> ''")
        == "0"
    )
    numbers = server.sql(
        "select sequence_number from account_move where state = 'posted'"
        " and move_type = 'out_invoice' order by 1"
    ).split()
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
