"""Two servers on one database, for ``make soak`` only: the jobs of both run at once."""

import os
import re
import signal
import time

from conftest import LiveServer, until
from test_automatic_kill import (
    MortalServer,
    check_invoiced_once,
    left,
    prepare,
)

JOB = re.compile(r"Job 'Deposits: automatic invoicing \((\d)\)' \(\d+\) starting")


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
    """Each runs one of the two jobs at the same time: each window is invoiced once."""
    options = ["--max-cron-threads", "1"]
    with MortalServer(dev_environment, "first", options) as first:
        # Nothing starts before both are there.
        first.put_to_sleep()
        with SecondServer(first) as second:
            deposits = prepare(first, 240)
            first.wake()
            until(lambda: is_done(first), "everything is invoiced", 240)
            jobs = [JOB.findall(each.log.read_text()) for each in (first, second)]
        check_invoiced_once(first, deposits)
        runs = first.sql(
            "select count(*) from skydrop_auto_billing_run where generated > 0"
        )
    print(f"jobs that each server ran: {jobs}; runs that generated: {runs}")
    assert all(jobs)
    assert int(runs) >= 2


def is_done(server):
    """Wake the jobs of both up again as long as something is left."""
    if not left(server):
        return True
    server.wake()
    time.sleep(1)
    return False
