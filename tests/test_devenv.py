"""The development environment: it stops with a sentence, and loses no test."""

import os
import re
import smtplib
import socket
import subprocess
import sys

import pytest
from devenv import debian, mailsink, npm, paths, pytest_checks, running
from devenv.console import Stop
from devenv.databases import check_name

CLI = paths.DEV_SOURCES / "cli"
CLOSED = "127.0.0.1:9"  # the discard port, on which nothing listens
# Of the user's or of `make test`: what would spare the command the failure.
OURS = re.compile(r"PG.*|ODOO_.*|DEBIAN_MIRROR|PORT|VIRTUAL_ENV|UV_.*|APT_CONFIG")


def call(*args, cwd=None, **variables):
    """Run dev/cli as from a shell of somebody who has set nothing else."""
    env = {name: text for name, text in os.environ.items() if not OURS.fullmatch(name)}
    folders = env["PATH"].split(os.pathsep)
    env["PATH"] = os.pathsep.join(f for f in folders if str(paths.DEV) not in f)
    return subprocess.run(
        [str(CLI), *args],
        env=dict(env, **variables),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
    )


def here(*args):
    """Run dev/cli in the environment that runs the tests."""
    return subprocess.run(
        [str(CLI), *args], capture_output=True, text=True, timeout=300
    )


def check_stopped(done, what, do):
    """It ended with a sentence and what to do, and without a traceback."""
    assert done.returncode not in (0, None)
    assert "Traceback" not in done.stderr
    stopped = [line for line in done.stderr.splitlines() if line.startswith("Stopped")]
    assert len(stopped) == 1, done.stderr
    assert what in stopped[0]
    advice = [line for line in done.stderr.splitlines() if line.startswith("What to")]
    assert len(advice) == 1, done.stderr
    assert do in advice[0]


# -- the five failures


def test_port_taken(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = call("run", PORT=str(port), ODOO_DEV_DIR=str(tmp_path))
    check_stopped(done, f"port {port}", f"PORT={port + 1} make run")


def test_no_network(tmp_path):
    proxy = f"http://{CLOSED}"
    done = call(
        *("newdb", "new"),
        ODOO_DEV_DIR=str(tmp_path / "dev"),
        UV_HTTP_RETRIES="0",
        DEBIAN_MIRROR="http://debian.invalid/debian",
        **{name: proxy for name in ("http_proxy", "https_proxy", "ALL_PROXY")},
    )
    check_stopped(done, "cannot be", "check the network")


@pytest.mark.parametrize("python", ["/bin/false", "/does/not/exist"])
def test_unfit_python_that_was_asked_for(python):
    check_stopped(call("help", ODOO_PYTHON=python), python, "ODOO_PYTHON=")


def test_no_fit_python_on_path(tmp_path):
    for tool in ("dirname", "readlink", "sh"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = call("help", PATH=str(tmp_path))
    check_stopped(done, "no Python 3.10 to 3.13", "ODOO_PYTHON=")


def test_no_debian_mirror(tmp_path):
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "{os.devnull}";\nDir::Etc::sourceparts "{os.devnull}";\n'
    )
    done = call(
        "newdb", "new", ODOO_DEV_DIR=str(tmp_path / "dev"), APT_CONFIG=str(config)
    )
    check_stopped(done, "Debian", "ODOO_SOURCE")
    assert not (tmp_path / "dev/venv").exists(), "told before the downloads"


@pytest.mark.parametrize("host", ["127.0.0.1", "/does/not/exist"])
def test_server_that_does_not_answer(tmp_path, host):
    done = call("psql", PGHOST=host, PGPORT="9", ODOO_DEV_DIR=str(tmp_path))
    check_stopped(done, f"({host}:9) does not answer", "unset PGHOST")


# -- other ways to stop


def test_no_node(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Stop, match="Node.js") as stopped:
        npm.check_node()
    assert "install it" in str(stopped.value)


def test_no_odoo_source():
    done = call("psql", ODOO_SOURCE="/does/not/exist")
    check_stopped(done, "ODOO_SOURCE=/does/not/exist", "unset it")


@pytest.mark.parametrize("port", ["http", "0", "65536"])
def test_port_that_is_none(monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(Stop, match="is no port"):
        running.wanted_port()


@pytest.mark.parametrize("name", ["", "a b", 'a"b', "-a", "a/../b", "a" * 64])
def test_name_no_database_can_have(name):
    with pytest.raises(Stop, match="no name for a database"):
        check_name(name)


def test_unknown_command_tells_the_known_ones():
    done = call("walk")
    assert done.returncode == 2
    assert "make run" in done.stderr


# -- Debian's mirror


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("Debian main http://one.example/debian/", "http://one.example/debian"),
        (" main http://one.example/debian", "http://one.example/debian"),
        (
            "Docker stable http://docker.example/linux/debian\n"
            "Debian main http://security.example/debian-security\n"
            "Debian main http://one.example/debian",
            "http://one.example/debian",
        ),
    ],
)
def test_mirror_of_the_machine(monkeypatch, targets, expected):
    monkeypatch.delenv("DEBIAN_MIRROR", raising=False)
    monkeypatch.setattr(debian.shutil, "which", lambda tool: tool)
    monkeypatch.setattr(debian, "output", lambda *argv: (targets, 0))
    assert debian.mirror() == expected


# -- the environment at work


def test_odoo_answers_with_its_version():
    done = here("odoo", "--version")
    assert done.stdout.startswith("Odoo Server 19.0"), done.stderr


def test_python_finds_odoo():
    done = here("python", "-c", "import odoo.release; print(odoo.release.series)")
    assert done.stdout.strip() == "19.0", done.stderr


def test_new_database_has_mexican_accounts_and_the_demo_users():
    name = f"{paths.ADDON_NAME}_devenv_test"
    done = here("newdb", name, "--demo")
    assert done.returncode == 0, done.stderr
    try:
        query = (
            "select (select string_agg(login, ',' order by login) from res_users"
            " where login in ('admin', 'cliente', 'contador')),"
            " chart_template, (select name from res_currency where id = currency_id)"
            " from res_company where id = 1"
        )
        done = here("psql", "-XAtd", name, "-c", query)
        assert done.stdout.strip() == "admin,cliente,contador|mx|MXN", done.stderr
    finally:
        drop = f'drop database "{name}" with (force)'
        assert here("psql", "-Xqd", "postgres", "-c", drop).returncode == 0


def test_mail_is_kept_as_a_file(tmp_path):
    port = paths.free_port()
    sink = mailsink.start(port, tmp_path)
    try:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("a@example.com", ["b@example.com"], "Subject: Hi\n\nText")
    finally:
        mailsink.stop(sink)
    (mail,) = tmp_path.glob("*.eml")
    assert mail.read_text().startswith("X-Envelope-To: b@example.com\n")
    assert "Subject: Hi" in mail.read_text()


# -- no test is lost


def test_written_tests_are_counted_without_importing(tmp_path):
    path = tmp_path / "test_some.py"
    path.write_text(
        "import does_not_exist\n"
        "def test_one(): pass\n"
        "def helper(): pass\n"
        "class TestTwo:\n"
        "    def test_three(self): pass\n"
        "    def set_up(self): pass\n"
    )
    assert pytest_checks.written_tests(path) == ["test_one", "TestTwo::test_three"]


def test_lost_test_is_named():
    collected = ["a.py::test_one[1]", "a.py::test_one[2]", "a.py::T::test_two"]
    written = ["a.py::test_one", "a.py::T::test_two", "a.py::test_three"]
    assert pytest_checks.lost_tests(collected, written) == ["a.py::test_three"]


def test_file_that_odoo_would_not_find_is_named(tmp_path):
    for name in ("test_found.py", "test_lost.py", "common.py"):
        (tmp_path / name).touch()
    (tmp_path / "__init__.py").write_text("from . import test_found\n")
    assert pytest_checks.not_imported(tmp_path) == ["test_lost.py"]


def test_skipped_test_fails(tmp_path):
    (tmp_path / "test_skip.py").write_text(
        "import unittest\n"
        "import pytest\n"
        "@pytest.mark.skip\n"
        "def test_one(): pass\n"
        "@unittest.skip('no reason')\n"
        "class TestTwo(unittest.TestCase):\n"
        "    def test_two(self): pass\n"
        "def test_three(): pass\n"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "devenv.pytest_checks"),
            *("-p", "no:odoo", "-p", "no:cacheprovider", "--rootdir", tmp_path),
            tmp_path,
        ],
        env={n: v for n, v in os.environ.items() if n != "PYTEST_CURRENT_TEST"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "1 passed, 2 errors" in done.stdout, done.stdout
    assert "was skipped where it has to run" in done.stdout
