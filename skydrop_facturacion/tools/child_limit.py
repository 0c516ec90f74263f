"""A time limit for programs that other code starts and waits for."""

import logging
import threading
from contextlib import contextmanager, suppress

import psutil

_logger = logging.getLogger(__name__)


@contextmanager
def children_limited(seconds, mark):
    """Kill, with all they started, the child processes that are still there after some
    time; whoever waits for them sees that they were killed.

    :param float seconds: how long they may take
    :param str mark: an argument of their command lines, by which they are known
    """
    timer = threading.Timer(seconds, _kill_children, [mark])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _kill_children(mark):
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if mark in child.cmdline():
                _logger.warning("Process %s took too long and is ended", child.pid)
                # Whoever is left would keep the pipes open that are waited for.
                for process in (*child.children(recursive=True), child):
                    with suppress(psutil.Error):
                        process.kill()
