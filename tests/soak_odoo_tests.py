"""Odoo's own tests with the addon and without it, for ``make soak`` only: whatever
fails with it fails without it as well. Odoo's tours have races of their own, so what
fails with the addon alone is run once more and has to fail again.

``SKYDROP_ODOO_TESTS`` chooses others than all of account, portal and l10n_mx, in the
words of Odoo's option ``--test-tags``, such as ``/account:TestAccountMove``.
"""

import os
import re
import subprocess

from devenv.paths import ADDON_NAME, LOGS
from existing import ExistingDatabase

TAGS = os.environ.get("SKYDROP_ODOO_TESTS", "/account,/portal,/l10n_mx")
MODULES = "account,portal,l10n_mx"
# Odoo runs it while it updates account, before the addon's code is loaded; but the
# addon's report is in the database, and its domain names a field of the addon.
NOT_LOADED_YET = {"TestDuplicatePartnerBank.test_remove_bank_account_from_partner"}
FAILED = re.compile(
    r"(?:FAIL|ERROR): (?:(?:Subtest )?(?=\w+\.)|setUpClass \((?:\w+\.)+)(\w+(?:\.\w+)?)"
)
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")


def run_tests(environment, name, with_addon, tags=TAGS):
    """Run Odoo's tests in a database of its own.

    :param str tags: which, in the words of ``--test-tags``
    :return: the names of the tests that failed, and how many ran
    :rtype: tuple[set, int]
    """
    with ExistingDatabase(environment, name) as database:
        if with_addon:
            database.databases.install(database.name, demo=False)
        log = LOGS / f"{name}.log"
        argv = environment.odoo_argv(
            *("-d", database.name, "-u", MODULES, "--test-tags", tags),
            *("--stop-after-init", "--http-port", "0", "--logfile", log),
        )
        log.unlink(missing_ok=True)
        subprocess.run(argv, env=environment.env(), timeout=7000)
        text = log.read_text(errors="replace")
    results = RESULT.findall(text)
    assert results, f"no test ran: {log}"
    return set(FAILED.findall(text)), int(results[-1][2])


def test_same_failures_with_and_without(dev_environment):
    without, count_without = run_tests(dev_environment, "odoo_alone", False)
    with_addon, count_with = run_tests(dev_environment, f"odoo_{ADDON_NAME}", True)
    print(f"\n{TAGS}: without {count_without} tests, failed {sorted(without)}")
    print(f"{TAGS}: with {count_with} tests, failed {sorted(with_addon)}")
    assert count_without
    assert count_with == count_without
    differing = with_addon - without - NOT_LOADED_YET
    if differing:
        tags = ",".join(f":{name}" for name in sorted(differing))
        again, _count = run_tests(dev_environment, "odoo_again", True, tags)
        print(f"once more with the addon: {tags}, failed {sorted(again)}")
        differing &= again
    assert differing == set()
