"""The job of automatic invoicing, killed at random points and run by two at once."""

import json
import os
import random
import signal
import time
import urllib.request

import pytest
from conftest import LiveServer

CUSTOMERS = 120
KILLS = 2 if os.environ.get("SKYDROP_SOAK", "1") == "1" else 20
LIMIT = 120  # seconds for the job to end
OF_JOBS = (
    "id in (select res_id from ir_model_data where module = 'skydrop_facturacion'"
    " and name in ('ir_cron_auto_billing_1', 'ir_cron_auto_billing_2'))"
)


class MortalServer(LiveServer):
    """A server whose process can be killed and started again on its database."""

    def kill(self):
        """End it as a power cut does."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def restart(self):
        """Start it again on the same database."""
        self._start_process()

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
    """A server with two threads for scheduled actions."""
    with MortalServer(dev_environment, "kill", ["--max-cron-threads", "2"]) as server:
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


def test_killed_again_and_again(mortal_server):
    server = mortal_server
    deposits = prepare(server)
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    for _kill in range(KILLS):
        server.wake()
        time.sleep(chance.uniform(0.3, 4))
        server.kill()
        server.restart()
    limit = time.monotonic() + LIMIT
    while left(server) and time.monotonic() < limit:
        server.wake()
        time.sleep(2)
    assert left(server) == 0
    check_invoiced_once(server, deposits)


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
