"""Workers and PostgreSQL killed in the middle: nothing is half-made, the next try
completes.

A trigger that the test creates in the server's database waits for an advisory lock at
the nth change of a table; there the process is killed.
"""

import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest
import requests
from conftest import LiveServer, until
from faulty import cancel_request, request_of
from test_concurrency import Tab, check_claims, invoices_of

pytestmark = pytest.mark.stops_postgres

LOCK = 20261124
QUEUE = "mail.ir_cron_mail_scheduler_action"
ROUNDS = 2 * int(os.environ.get("SKYDROP_SOAK", "1"))
SEED = int(os.environ.get("SKYDROP_SEED", "20261124"))
# table, operation, latest of its changes to wait at
POINTS = (
    ("account_move", "INSERT", 1),
    ("account_move", "UPDATE", 4),
    ("account_move_line", "INSERT", 4),
    ("account_move_line", "UPDATE", 4),
    ("account_partial_reconcile", "INSERT", 2),
    ("skydrop_deposit", "UPDATE", 2),
    ("mail_message", "INSERT", 2),
    ("ir_attachment", "INSERT", 1),
)
POINTS_OF_CANCELLING = (
    ("account_move", "UPDATE", 2),
    ("account_move_line", "UPDATE", 2),
    ("skydrop_deposit", "UPDATE", 2),
    ("account_partial_reconcile", "DELETE", 2),
)
TRIGGER = """
CREATE SEQUENCE kill_count;
CREATE FUNCTION kill_wait() RETURNS trigger AS $$
BEGIN
    IF nextval('kill_count') = TG_ARGV[0]::int THEN
        PERFORM pg_advisory_xact_lock({lock});
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$ LANGUAGE plpgsql;
"""


@pytest.fixture(scope="module")
def server(dev_environment):
    """A server with two workers."""
    with LiveServer(dev_environment, "kills", ["--workers", "2"]) as live:
        live.sql(TRIGGER.format(lock=LOCK))
        yield live


class KillPoint:
    """A place in the work of the server where it waits for us."""

    def __init__(self, server, table, operation, count):
        self.server = server
        server.sql(
            f"ALTER SEQUENCE kill_count RESTART;"
            f"CREATE TRIGGER kill_point BEFORE {operation} ON {table} FOR EACH ROW"
            f" EXECUTE FUNCTION kill_wait('{count}')"
        )
        self.connection = self.connect()
        self.connection.cursor().execute(f"SELECT pg_advisory_lock({LOCK})")

    def connect(self):
        """A connection of the test's own, that holds the lock."""
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user"}
        env = self.server.environment.env()
        options = {key: env[name] for name, key in names.items() if env.get(name)}
        connection = psycopg2.connect(dbname=self.server.db, **options)
        connection.autocommit = True
        return connection

    def wait_for(self, work):
        """:return: the PostgreSQL process that waits at the point, or None if the work
        ended without getting there"""
        while work.is_alive():
            cursor = self.connection.cursor()
            cursor.execute(
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            row = cursor.fetchone()
            if row:
                return row[0]
            time.sleep(0.02)
        return None


def worker_pids(server):
    """The processes that answer requests."""
    with open(f"/proc/{server.pid}/task/{server.pid}/children") as children:
        return [int(pid) for pid in children.read().split()]


def kill_workers(server, _backend):
    for pid in worker_pids(server):
        os.kill(pid, signal.SIGKILL)


def kill_postgres(_server, backend):
    # All of PostgreSQL's processes start anew when one of them is killed.
    os.kill(backend, signal.SIGKILL)


def is_answering(server):
    """Whether a page comes without an error."""
    try:
        return requests.get(f"{server.url}/web/login", timeout=5).ok
    except requests.RequestException:
        return False


def answering(server):
    """Wait until the server works again, each of its workers: one that keeps a broken
    connection fails once."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        server.revive()
        # At the same time, so that no worker is left out.
        with ThreadPoolExecutor(8) as pool:
            if all(pool.map(is_answering, [server] * 16)):
                return
        time.sleep(0.2)
    raise AssertionError(f"The server did not come back: {server.log}")


def undisturbed(work):
    """Run until the connection breaks or the answer comes."""
    try:
        work()
    except requests.RequestException:
        pass


def kill_at(server, work, kill, point):
    """Start some work, and kill where it waits.

    :return: whether it got there
    """
    table, operation, latest = point
    place = KillPoint(server, table, operation, random.randint(1, latest))
    thread = threading.Thread(target=undisturbed, args=[work])
    thread.start()
    try:
        backend = place.wait_for(thread)
        if backend:
            kill(server, backend)
    finally:
        try:
            place.connection.close()
        finally:
            thread.join(60)
    answering(server)
    server.sql(f"DROP TRIGGER IF EXISTS kill_point ON {table}")
    return bool(backend)


def again(work):
    """Try until a worker answers that has found its new connections.

    :param work: makes a request, returns its response
    """
    for _attempt in range(10):
        answer = work()
        if answer.status_code < 500:
            return answer
        time.sleep(0.3)
    raise AssertionError(answer.text[-500:])


class Accountant:
    """The accountant over JSON-RPC."""

    def __init__(self, server):
        self.server = server
        self.uid = self.call("common", "login", [server.db, "contador", "contador"])

    def call(self, service, method, args):
        """:return: the result; an error of the server is raised"""
        params = {"service": service, "method": method, "args": args}
        answer = again(
            lambda: requests.post(
                f"{self.server.url}/jsonrpc", json={"params": params}, timeout=60
            )
        ).json()
        assert "error" not in answer, answer["error"]
        return answer.get("result")

    def cancel(self, invoice_id):
        """Cancel an invoice, as its button does."""
        self.call(
            "object",
            "execute_kw",
            [
                *(self.server.db, self.uid, "contador", "account.move"),
                *("button_cancel", [[int(invoice_id)]]),
            ],
        )


def state_of(server, invoice_id):
    return server.sql(f"select state from account_move where id = {invoice_id}")


def posted(server, deposit_ids):
    """Ids of the invoices in force that claim these deposits; none is a draft."""
    invoices = invoices_of(server, deposit_ids)
    states = {invoice: state_of(server, invoice) for invoice in invoices}
    assert set(states.values()) <= {"posted", "cancel"}, states
    return [invoice for invoice, state in states.items() if state == "posted"]


def generate_through_a_kill(server, kill):
    """Generate an invoice that is killed on the way, and try again.

    :return: the invoice, and whether something was killed
    """
    tab = Tab(server)
    deposit_ids = tab.billable()[:3]
    form = tab.preview(deposit_ids)
    point = random.choice(POINTS)
    reached = kill_at(server, lambda: tab.generate(form), kill, point)
    assert len(posted(server, deposit_ids)) <= 1, point
    check_claims(server)
    answer = again(lambda: tab.generate(form))
    (invoice,) = posted(server, deposit_ids)
    assert f"/my/invoices/{invoice}" in answer.url, point
    check_claims(server)
    return invoice, reached


def cancel_through_a_kill(server, invoice, kill):
    """Cancel an invoice, be killed on the way, and try again.

    :return: whether something was killed
    """
    accountant = Accountant(server)
    point = random.choice(POINTS_OF_CANCELLING)
    reached = kill_at(server, lambda: accountant.cancel(invoice), kill, point)
    assert state_of(server, invoice) in ("posted", "cancel"), point
    check_claims(server)
    if state_of(server, invoice) == "posted":
        accountant.cancel(invoice)
    assert state_of(server, invoice) == "cancel", point
    check_claims(server)
    return reached


def test_killed_and_tried_again(server):
    random.seed(SEED)
    reached = 0
    for number in range(ROUNDS):
        kill = (kill_workers, kill_postgres)[number % 2]
        invoice, killed = generate_through_a_kill(server, kill)
        reached += killed
        reached += cancel_through_a_kill(server, invoice, kill)
    print(f"seed {SEED}: killed at {reached} points of {2 * ROUNDS}")
    assert reached >= ROUNDS


def test_postgresql_restarted(server):
    """In the middle of generating; the same click succeeds afterwards, and so do the
    scheduled jobs."""
    customer = Tab(server)
    deposit_ids = customer.billable()[:3]
    form = customer.preview(deposit_ids)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(undisturbed, lambda: customer.generate(form))
        time.sleep(0.15)
        restart_postgresql(server)
    answering(server)
    check_claims(server)
    answer = again(lambda: customer.generate(form))
    (invoice_id,) = posted(server, deposit_ids)
    assert f"/my/invoices/{invoice_id}" in answer.url
    check_claims(server)
    assert "/my/requests/" in again(lambda: cancel_request(customer, invoice_id)).url
    until(lambda: woken_and_sent(server, invoice_id), "the jobs work again", 90)


def woken_and_sent(server, invoice_id):
    """Wake the queue up, which by itself looks once a minute after a restart."""
    server.run_job(QUEUE)
    time.sleep(0.5)
    return request_of(server, invoice_id) == "sent"


def restart_postgresql(server):
    """Restart the private server; one of the user's loses all its connections."""
    postgres = server.environment.server
    if postgres.private:
        postgres.stop()
        postgres.ensure()
    else:
        server.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid != pg_backend_pid() and usename = current_user"
        )
