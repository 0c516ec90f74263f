"""A real server on a workbench's database, and visitors of its pages."""

import os
import re
import signal
import subprocess
import time

import requests
from devenv.paths import LOGS, free_port

from .measure import Memory, Sample

START_LIMIT = 120  # seconds
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Server:
    """Odoo as it is delivered: one process with threads.

    :ivar str url: its address
    :ivar Memory memory: of its process
    """

    def __init__(self, bench):
        self.bench = bench
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.memory = self._process = None

    def __enter__(self):
        bench = self.bench
        bench.databases.set_parameters(
            bench.db, {"web.base.url": self.url, "web.base.url.freeze": "True"}
        )
        argv = bench.environment.odoo_argv(
            *("-d", bench.db, "--db-filter", f"^{bench.db}$"),
            *("--http-port", self.port, "--max-cron-threads", 0),
        )
        with open(LOGS / f"{bench.db}.log", "wb") as log:
            self._process = subprocess.Popen(
                argv,
                env=bench.environment.env(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.memory = Memory(self._process.pid)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait(self):
        limit = time.monotonic() + START_LIMIT
        while time.monotonic() < limit and self._process.poll() is None:
            try:
                requests.get(f"{self.url}/web/login", timeout=60).raise_for_status()
                return
            except requests.ConnectionError:
                time.sleep(0.2)
        raise RuntimeError(f"Odoo did not start: look into {LOGS}.")

    def __exit__(self, *_error):
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Visitor:
    """Somebody who is signed in, without a browser: one connection that stays open."""

    def __init__(self, server, login):
        self.server = server
        self.session = requests.Session()
        page = self.get("/web/login")
        answer = self.post(
            "/web/login",
            login=login,
            password=login,
            csrf_token=TOKEN.search(page.text).group(1),
        )
        if "/web/login" in answer.url:
            raise RuntimeError(f"{login} cannot sign in.")

    def get(self, path):
        """:return: the page, which has to be there"""
        return self._checked(self.session.get(self.server.url + path, timeout=300))

    def post(self, path, **fields):
        """:return: the page that a form leads to"""
        return self._checked(
            self.session.post(self.server.url + path, data=fields, timeout=300)
        )

    def call(self, path, **params):
        """:return: the result of a JSON-RPC route"""
        answer = self.session.post(
            self.server.url + path,
            json={"jsonrpc": "2.0", "method": "call", "params": params},
            timeout=300,
        )
        content = self._checked(answer).json()
        if "error" in content or "error" in content["result"]:
            raise RuntimeError(f"{path} answers {content}")
        return content["result"]

    def _checked(self, answer):
        answer.raise_for_status()
        return answer

    def measure(self, rounds, actions, warm_up=3):
        """Do things in turns, and measure how long the visitor waits.

        :param int rounds: how often
        :param dict actions: name: function, given the visitor and the round's number
        :return: the samples of each name
        :rtype: dict[str, list[Sample]]
        """
        samples = {name: [] for name in actions}
        memory = self.server.memory
        for number in range(-warm_up, rounds):
            for name, action in actions.items():
                memory.forget_peak()
                started = time.perf_counter()
                action(self, number)
                seconds = time.perf_counter() - started
                if number >= 0:
                    samples[name].append(Sample(seconds, peak=memory.peak()))
        return samples
