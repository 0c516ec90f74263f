"""The API as the platform uses it: keys, protocols, crashes, and the examples."""

import json
import os
import subprocess
import sys
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import psutil
import pytest
import requests
from conftest import LiveServer, until

EXAMPLES = Path(__file__).parent.parent / "docs" / "api"
CUSTOMER_REF = "CLI-API"
LOGIN = "integracion"


class Platform:
    """The shipping platform: a technical user with an API key."""

    def __init__(self, server):
        self.server = server
        self.key = self._make_key()

    def _make_key(self):
        """Make a key as the technical user does in the preferences."""
        session = requests.Session()

        def call(model, method, *args, **context):
            answer = session.post(
                f"{self.server.url}/web/dataset/call_kw",
                json={
                    "params": {
                        **{"model": model, "method": method},
                        **{"args": args, "kwargs": {"context": context}},
                    }
                },
            ).json()
            return answer["result"]

        session.post(
            f"{self.server.url}/web/session/authenticate",
            json={"params": {"db": self.server.db, "login": LOGIN, "password": LOGIN}},
        )
        wizard = "res.users.apikeys.description"
        until = (date.today() + timedelta(days=364)).isoformat()
        values = {"name": "tests", "duration": "-1", "expiration_date": until}
        record = call(wizard, "create", values)
        check = call(wizard, "make_key", [record])  # asks for the password first
        shown = call(check["res_model"], "run_check", [check["res_id"]], password=LOGIN)
        return shown["context"]["default_key"]

    def post(self, method, timeout=300, **arguments):
        """Call a method over JSON-2."""
        return requests.post(
            f"{self.server.url}/json/2/skydrop.deposit/{method}",
            json=arguments,
            headers={
                "Authorization": f"bearer {self.key}",
                "X-Odoo-Database": self.server.db,
            },
            timeout=timeout,
        )

    def register(self, rows, **options):
        """Register over JSON-2; return the answer."""
        return self.post("register", deposits=rows, **options)

    def count(self, prefix):
        """How many deposits there are of a call."""
        return int(
            self.server.sql(
                "select count(*) from skydrop_deposit"
                f" where reference like '{prefix}-%'"
            )
        )


def rows(prefix, count, **values):
    return [
        {
            "reference": f"{prefix}-{number}",
            "partner_ref": CUSTOMER_REF,
            "amount": "1160.00",
            "currency": "MXN",
            "date": "2026-03-10T18:30:00-06:00",
            "origin": "payment",
            "payment_form": "03",
            **values,
        }
        for number in range(count)
    ]


def name_customer(server):
    """Give the demo customer the name that the platform knows it by."""
    server.sql(
        f"update res_partner set ref = '{CUSTOMER_REF}' where id ="
        " (select commercial_partner_id from res_partner p join res_users u"
        " on u.partner_id = p.id where login = 'cliente')"
    )


@pytest.fixture(scope="module")
def platform(dev_environment):
    """The platform beside a server with two workers."""
    with LiveServer(dev_environment, "api", ["--workers", "2"]) as server:
        name_customer(server)
        yield Platform(server)


def test_json_2(platform):
    answer = platform.register(rows("J2", 2))
    assert answer.status_code == 200, answer.text
    assert [sorted(row) for row in answer.json()] == [["created", "id", "name"]] * 2
    again = platform.register(rows("J2", 3)).json()
    assert [row["created"] for row in again] == [False, False, True]
    refused = platform.register(
        [*rows("J2", 1, amount="5.00"), *rows("NEW", 1, payment_form="99")]
    )
    assert refused.status_code == 422
    body = refused.json()
    assert body["name"].endswith(".RegisterError")
    found = [
        (row["index"], row["reference"], row["field"])
        for row in body["context"]["errors"]
    ]
    assert found == [(0, "J2-0", "amount"), (1, "NEW-0", "payment_form")]
    assert platform.count("NEW") == 0


@pytest.mark.parametrize("ids", [1, "1", ["x"], [[1]], {"a": 1}, [None], [1.5], [True]])
def test_company_that_is_none(platform, ids):
    answer = platform.register(rows("CO", 1), context={"allowed_company_ids": ids})
    assert answer.status_code in (403, 422), answer.text
    assert "allowed_company_ids" in answer.json()["message"]
    assert platform.count("CO") == 0


def test_without_a_right(platform):
    server = platform.server
    answer = requests.post(
        f"{server.url}/json/2/skydrop.deposit/register",
        json={"deposits": []},
        headers={"Authorization": "bearer wrong", "X-Odoo-Database": server.db},
    )
    assert answer.status_code == 401
    answer = platform.register(rows("CO", 1), context={"allowed_company_ids": [999]})
    assert answer.status_code == 403
    assert platform.count("CO") == 0


def test_xml_rpc(platform):
    server = platform.server
    common = xmlrpc.client.ServerProxy(f"{server.url}/xmlrpc/2/common")
    models = xmlrpc.client.ServerProxy(f"{server.url}/xmlrpc/2/object")
    uid = common.authenticate(server.db, LOGIN, platform.key, {})

    def execute(method, *args):
        return models.execute_kw(
            server.db, uid, platform.key, "skydrop.deposit", method, args
        )

    (row,) = execute("register", rows("XML", 1))
    assert row["created"] is True
    answer = execute("read_registered", ["XML-0"])
    assert answer["deposits"][0]["name"] == row["name"]
    with pytest.raises(xmlrpc.client.Fault) as caught:
        execute("register", rows("XML", 2, amount="1e3"))
    assert "[1] amount (XML-1): " in caught.value.faultString


def test_json_rpc(platform):
    server = platform.server

    def execute(service, method, *args):
        params = {"service": service, "method": method, "args": args}
        return requests.post(f"{server.url}/jsonrpc", json={"params": params}).json()

    uid = execute("common", "login", server.db, LOGIN, platform.key)["result"]
    base = (server.db, uid, platform.key, "skydrop.deposit", "register")
    answer = execute("object", "execute_kw", *base, [rows("RPC", 1)])
    assert answer["result"][0]["created"] is True
    answer = execute("object", "execute_kw", *base, [rows("RPC", 2, amount=-1)])
    errors = answer["error"]["data"]["context"]["errors"]
    assert [error["index"] for error in errors] == [0, 1]


def test_two_calls_at_once(platform):
    batch = rows("SAME", 1000)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(platform.register, [batch, batch[::-1]]))
    for answer in answers:
        assert answer.status_code == 200, answer.text[:500]
    first, second = (answer.json() for answer in answers)
    assert [row["id"] for row in first] == [row["id"] for row in second[::-1]]
    created = [sum(row["created"] for row in answer) for answer in (first, second)]
    assert sorted(created) == [0, 1000]
    assert platform.count("SAME") == 1000


def test_killed_in_the_middle(platform):
    batch = rows("KILL", 3000)
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(platform.register, batch)
        until(
            lambda: is_inserting(platform.server), "rows are inserted", 60, pause=0.02
        )
        for worker in psutil.Process(platform.server.pid).children():
            if "gevent" not in worker.cmdline():
                worker.kill()
        with pytest.raises(requests.ConnectionError):
            lost.result(60)
    assert platform.count("KILL") == 0
    answer = platform.register(batch)
    assert all(row["created"] for row in answer.json())
    assert platform.count("KILL") == 3000


def test_answer_lost(platform):
    batch = rows("LOST", 500)
    with pytest.raises(requests.Timeout):
        platform.register(batch, timeout=0.1)
    until(lambda: platform.count("LOST"), "the rows are there", 60)
    answer = platform.register(batch).json()
    assert not any(row["created"] for row in answer)
    assert platform.count("LOST") == 500


def is_inserting(server):
    return server.sql(
        "select 1 from pg_stat_activity where datname = current_database()"
        " and query like 'INSERT INTO \"skydrop_deposit\"%' limit 1"
    )


def test_changes_end(platform):
    """Nothing is missed while a transaction is open, nothing comes for ever."""
    cursor = read_all(platform)[1]
    assert read_all(platform, cursor)[0] == []
    platform.register(rows("CHANGE", 3))
    seen, cursor = read_all(platform, cursor)
    assert seen == ["CHANGE-0", "CHANGE-1", "CHANGE-2"]
    until(lambda: read_all(platform, cursor)[0] == [], "no change is left", 60)


def read_all(platform, cursor=False):
    seen, more = [], True
    while more:
        answer = platform.post("read_registered", cursor=cursor, limit=1000).json()
        seen += [deposit["reference"] for deposit in answer["deposits"]]
        cursor, more = answer["cursor"], answer["more"]
    return seen, cursor


def run_example(platform, command, **environment):
    done = subprocess.run(
        command,
        env={
            **{"PATH": os.environ["PATH"], "ODOO_URL": platform.server.url},
            **{"ODOO_DB": platform.server.db, "ODOO_API_KEY": platform.key},
            **{"CUSTOMER_REF": CUSTOMER_REF, **environment},
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_example_curl(platform):
    for created in (True, False):
        (row,) = json.loads(run_example(platform, [EXAMPLES / "register.sh"]))
        assert row["created"] is created


def test_example_python(platform):
    command = [sys.executable, EXAMPLES / "register.py"]
    assert run_example(platform, command).count("registered") == 2
    again = run_example(platform, command)
    assert again.count("was there already") == 2
    assert "REC-PY-2 to_invoice" in again


def test_example_client_library(platform, tmp_path):
    command = [sys.executable, EXAMPLES / "follow.py"]
    output = run_example(platform, command, FOLDER=str(tmp_path))
    assert "J2-0 to_invoice" in output
    files = list(tmp_path.glob("*.pdf"))
    assert files
    assert all(file.read_bytes().startswith(b"%PDF") for file in files)
    again = run_example(platform, command, FOLDER=str(tmp_path))
    assert "J2-0" not in again
