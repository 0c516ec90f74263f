"""Odoo's own linter, the module ``test_lint``, run on the addon alone.

Its classes check every module of Odoo, for minutes and with findings that are not
ours: here they see no other addon than this one, and what they say about the models
of others is left out.
"""

import importlib
import logging
import re
import unittest
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import PropertyMock, patch

import pytest
from devenv.paths import ADDON, ADDON_NAME

from odoo.modules import Manifest
from odoo.tools import config

import odoo.addons

# pytest-odoo leaves Odoo's loggers at "critical", and some checks only log.
LOGGER = logging.getLogger("odoo.addons.test_lint")
PACKAGE = "odoo.addons.test_lint.tests"
CHECKS = (
    "test_docstring.TestDocstring",
    "test_dunderinit.TestDunderinit",
    "test_i18n.TestI18n",
    "test_index.TestIndex",
    "test_jstranslate.TestJsTranslations",
    "test_manifests.ManifestLinter",
    "test_markers.TestConflictMarkers",
    "test_naming.TestNaming",
    "test_onchange_domains.TestOnchangeDomains",
    "test_orm_import.TestDunderinit",
    "test_override_signatures.TestLintOverrideSignatures",
    "test_pofile.PotLinter",
    "test_pylint.TestPyLint",
    "test_routes.RoutesLinter",
    "test_test_holes.TestTestHoles",
)
NOT_RUN = {
    "test_checkers": "tests Odoo's pylint rules themselves, not an addon",
    "test_eslint": "needs an eslint before 9; make lint runs a newer one",
    "test_l10n": "looks at modules called l10n_… only",
}
# Checks that go through all models: only what they say about ours counts.
OF_ALL_MODELS = {
    "test_docstring",
    "test_index",
    "test_naming",
    "test_override_signatures",
    "test_routes",
}
OURS = re.compile("skydrop")


class Messages(logging.Handler):
    """Keeps what is logged as a warning or worse."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


def only_this_addon(module):
    """The patches under which a module of checks sees this addon only."""
    manifest = Manifest.for_addon(ADDON_NAME)
    patches = [
        patch.object(Manifest, "all_addon_manifests", return_value=[manifest]),
        patch.object(odoo.addons, "__path__", [str(ADDON.parent)]),
        patch.object(type(config), "root_path", PropertyMock(return_value=str(ADDON))),
    ]
    if module.__name__.endswith("test_markers"):  # walks the folders themselves
        patches.append(patch.object(odoo.addons, "__path__", [str(ADDON)]))
        patches.append(patch.object(odoo, "__path__", []))
    if hasattr(module, "get_modules"):
        patches.append(patch.object(module, "get_modules", lambda: [ADDON_NAME]))
    if hasattr(module, "MODULES_TO_LINT"):
        patches.append(patch.object(module, "MODULES_TO_LINT", (ADDON_NAME,)))
    return patches


def findings(module, case):
    """What a class of checks finds in this addon."""
    result = unittest.TestResult()
    messages = Messages()
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)
    with ExitStack() as stack:
        for change in only_this_addon(module):
            stack.enter_context(change)
        stack.enter_context(patch.object(LOGGER, "level", logging.WARNING))
        LOGGER.addHandler(messages)
        stack.callback(LOGGER.removeHandler, messages)
        suite.run(result)
    assert result.testsRun, "nothing was run"
    assert not result.skipped, result.skipped
    problems = [f"{test}\n{text}" for test, text in result.failures + result.errors]
    return problems + messages.texts


def about_this_addon(problem):
    """What a problem says about our models, or nothing.

    The first line names the model when each is checked apart; otherwise one problem
    lists fields of all modules, a line each.
    """
    first, *others = problem.splitlines()
    if OURS.search(first):
        return problem
    return "\n".join(filter(OURS.search, others or [first]))


@pytest.mark.parametrize("check", CHECKS)
def test_addon_passes(check):
    module_name, class_name = check.split(".")
    module = importlib.import_module(f"{PACKAGE}.{module_name}")
    found = findings(module, getattr(module, class_name))
    if module_name in OF_ALL_MODELS:
        found = list(filter(None, map(about_this_addon, found)))
    assert not found, "\n".join(found)


def test_no_check_of_odoo_is_forgotten():
    folder = Path(importlib.import_module(PACKAGE).__file__).parent
    known = {check.split(".")[0] for check in CHECKS} | set(NOT_RUN)
    assert {path.stem for path in folder.glob("test_*.py")} == known
