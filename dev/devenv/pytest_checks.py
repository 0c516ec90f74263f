"""A pytest plugin: no test may be lost or skipped without anyone noticing.

- A skipped test fails, as each one is meant to run here.
- With ``--every-test`` the collected tests are compared with an independent count
  of the test folders it runs on, made by reading the sources without importing them.
- Each test file of the addon has to be imported by ``tests/__init__.py``, as Odoo
  itself finds tests only there.
- What random tests say of their seeds is shown below the results.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from .paths import ADDON_TESTS, ROOT


def pytest_addoption(parser):
    """Add the option that `make test` gives when it runs everything."""
    parser.addoption(
        "--every-test",
        action="store_true",
        help="compare the collected tests with those in the test folders",
    )


def written_tests(path):
    """The tests a file defines, as "Class::test" or "test", without importing it."""
    tree = ast.parse(path.read_text(), str(path))
    names = []
    for node in tree.body:
        if _is_test(node):
            names.append(node.name)
        elif isinstance(node, ast.ClassDef):
            names += [f"{node.name}::{n.name}" for n in node.body if _is_test(n)]
    return names


def _is_test(node):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, functions) and node.name.startswith("test")


def written_in(folder):
    """The tests of all test files of a folder, as pytest's node ids."""
    return [
        f"{path.relative_to(ROOT)}::{name}"
        for path in sorted(folder.rglob("test_*.py"))
        for name in written_tests(path)
    ]


def not_imported(folder):
    """The test files that the ``__init__.py`` of a test folder does not import."""
    init = folder / "__init__.py"
    if not init.exists():
        return sorted(path.name for path in folder.glob("test_*.py"))
    imported = {
        alias.name
        for node in ast.walk(ast.parse(init.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }
    return sorted(p.name for p in folder.glob("test_*.py") if p.stem not in imported)


def lost_tests(collected, written):
    """The written tests that were not collected.

    A parametrized test counts by its name without the parameters.
    """
    return sorted(set(written) - {node_id.split("[")[0] for node_id in collected})


def pytest_configure(config):
    """Make the markers known by which ``make test`` divides the tests."""
    for marker in (
        "stops_postgres: takes the database connections of all that runs beside it",
        "browser: given to the tests that use the fixture chromium",
        "with_browser: in the same half as those, to make the halves even",
    ):
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark the tests in a browser; stop a full run that would miss a test, before a
    marker has selected any."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    if not config.getoption("--every-test"):
        return
    collected = [item.nodeid for item in items]
    folders = [Path(arg) for arg in config.args if Path(arg).is_dir()]
    written = [name for folder in folders for name in written_in(folder)]
    problems = [f"not collected: {name}" for name in lost_tests(collected, written)]
    repeated = [name for name, count in Counter(written).items() if count > 1]
    problems += [f"defined twice, the first is lost: {name}" for name in repeated]
    problems += [
        f"not imported by {ADDON_TESTS.name}/__init__.py: {name}"
        for name in (not_imported(ADDON_TESTS) if ADDON_TESTS in folders else [])
    ]
    if problems:
        raise pytest.UsageError("tests would be lost:\n  " + "\n  ".join(problems))
    for folder in folders:
        print(
            f"{folder.relative_to(ROOT)}: {len(collected)} tests collected,"
            f" {len(written_in(folder))} written"
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skipped test into a failed one."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if report.longrepr else "no reason"
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where it has to run: {reason}"
    return report


def pytest_terminal_summary(terminalreporter):
    """Show the lines of random tests that name their seed and counts."""
    lines = [
        line
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        # Marks of subtests may stand before it.
        for line in re.findall(r"seed \d+: .*", report.capstdout)
    ]
    if lines:
        terminalreporter.section("random tests")
        terminalreporter.write("\n".join([*lines, ""]))
