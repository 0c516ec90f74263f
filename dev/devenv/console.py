"""What the user sees: short lines, timed steps with progress, and clean stops."""

import contextlib
import subprocess
import sys
import threading
import time

HEARTBEAT = 4  # seconds between two progress lines of one step


class Stop(Exception):
    """Ends the command with one sentence and what to do, without a traceback."""

    def __init__(self, what, do="", why=""):
        super().__init__(what)
        self.what = what
        self.do = do
        self.why = why

    def __str__(self):
        sentence = f"{self.what} ({self.why})" if self.why else self.what
        lines = [f"Stopped: {sentence}."]
        if self.do:
            lines.append(f"What to do: {self.do}.")
        return "\n".join(lines)


def say(*words):
    """Print a line for the user; standard output is left to the commands."""
    print(*words, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(title, progress=None):
    """Announce a step, show every few seconds how far it is, and time it.

    :param title: what is being done, in a few words
    :param progress: optional function returning how far the step is, as text
    """
    start = time.monotonic()
    done = threading.Event()

    def report():
        while not done.wait(HEARTBEAT):
            how_far = (progress() if progress else "") or "working"
            say(f"   … {title}: {how_far} ({time.monotonic() - start:.0f} s)")

    say(f"-> {title}")
    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        done.set()
        reporter.join()
    say(f"   {title}: done in {time.monotonic() - start:.1f} s")


def run(*argv, **kwargs):
    """``subprocess.run`` on anything that can be made a string."""
    return subprocess.run([str(arg) for arg in argv], check=False, **kwargs)


def output(*argv, **kwargs):
    """Run a command; return its output and errors together, and its exit code."""
    done = run(
        *argv,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=kwargs.pop("stdin", subprocess.DEVNULL),
        text=True,
        errors="replace",
        **kwargs,
    )
    return done.stdout, done.returncode


def must(*argv, what, do="", **kwargs):
    """Run a command that has to succeed; otherwise stop with its last words.

    :param what: the sentence to stop with, as in "the download failed"
    :param do: what the user can do about it
    """
    text, code = output(*argv, **kwargs)
    if code:
        raise Stop(what, do, last_words(text))
    return text


def last_words(text, lines=3):
    """The last lines of a command's output, on one line, to quote as a reason."""
    kept = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return " / ".join(kept[-lines:])[-400:].rstrip(".")


def in_parallel(*tasks):
    """Run functions at the same time; the first one that fails is raised."""
    failures = []

    def guarded(task):
        try:
            task()
        except BaseException as error:  # handed over to the main thread below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
