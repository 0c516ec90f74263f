"""Two servers on one database, for ``make soak`` only: the jobs of both run at once."""

import os
import signal
import time

from conftest import LiveServer
from faulty import until
from test_automatic_kill import MortalServer, check_invoiced_once, left, prepare

JOB = "Deposits: automatic invoicing"


class SecondServer(LiveServer):
    """Another server on the database of the first one."""

    def __init__(self, first):
        super().__init__(first.environment, "second", ["--max-cron-threads", "1"])
        self.db = first.db
        self._smtp_port = first._smtp_port

    def start(self):
        """Start only the process: all else is the first one's."""
        self.log.unlink(missing_ok=True)
        self._start_process()

    def stop(self):
        """End only the process."""
        os.killpg(self.pid, signal.SIGTERM)
        self._process.wait(30)


def test_two_servers_on_one_database(dev_environment):
    """The jobs of both run at once: each window is invoiced once."""
    options = ["--max-cron-threads", "1"]
    with MortalServer(dev_environment, "first", options) as first:
        deposits = prepare(first, 120)
        with SecondServer(first) as second:
            first.wake()
            until(lambda: is_done(first), "everything is invoiced", 120)
            worked = [each.log.read_text().count(JOB) for each in (first, second)]
        check_invoiced_once(first, deposits)
    # Which of them takes how much is theirs to settle.
    print(f"lines of the job in each server's log: {worked}")
    assert any(worked)


def is_done(server):
    """Wake the jobs of both up again as long as something is left."""
    if not left(server):
        return True
    server.wake()
    time.sleep(1)
    return False
