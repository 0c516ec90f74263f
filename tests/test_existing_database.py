"""Into a database that has invoices already, out of it, and in again."""

import os
import time

import pytest
from existing import ExistingDatabase

IS_SOAK = os.environ.get("SKYDROP_SOAK", "1") != "1"
INVOICES = 100_000 if IS_SOAK else 2_000
MORE_SECONDS = 60  # that installing may take with the invoices
USE = """
company = env["res.company"].search([("chart_template", "=", "mx")], limit=1)
env.user.write({"company_ids": [(4, company.id)], "company_id": company.id})
env = env(context={"allowed_company_ids": company.ids})
customer = env["res.partner"].create({
    "name": "Luna", "is_company": True, "vat": "CLU150408H76", "zip": "44100",
    "country_id": env.ref("base.mx").id, "skydrop_legal_name": "LUNA",
    "skydrop_fiscal_regime": "601", "skydrop_cfdi_use": "G03",
})
deposits = env["skydrop.deposit"].create([
    {"partner_id": customer.id, "company_id": company.id, "amount": amount,
     "date": "2026-03-10 12:00:00", "payment_form": "03"}
    for amount in (116, 232, 348)
])
deposits.action_confirm()
invoice = deposits[:2]._create_invoices()
invoice._skydrop_ensure_pdf()
assert invoice.invoice_pdf_report_id.raw.startswith(b"%PDF")
assert deposits._check_consistency() == []
module = env.ref("base.module_skydrop_facturacion")
wizard = env["base.module.uninstall"].create({"module_ids": module.ids})
env.cr.commit()
print(wizard.with_context(lang="en_US").skydrop_warning)
print("DONE", invoice.id)
"""
# Goes on with the names of USE.
UNINSTALL = """
from odoo.modules.registry import Registry
module.button_immediate_uninstall()
env.cr.commit()
Registry(env.cr.dbname).check_signaling()
env = odoo.api.Environment(env.cr, env.uid, {})
move = env["account.move"].browse(invoice.id)
assert "skydrop.deposit" not in env
assert move.state == "posted" and move.amount_total == 348, move.amount_total
assert len(move.invoice_line_ids) == 2
assert move.invoice_pdf_report_id.raw.startswith(b"%PDF")
print("GONE")
"""


def timed_installation(database):
    """:return: the seconds that installing took"""
    started = time.monotonic()
    database.databases.install(database.name, demo=False)
    return time.monotonic() - started


@pytest.fixture(scope="module")
def database(dev_environment):
    """A database with many invoices, without the addon."""
    with ExistingDatabase(dev_environment, "existing") as existing:
        existing.fill(INVOICES)
        yield existing


def test_install_use_uninstall_reinstall(database, dev_environment):
    before = database.fingerprints()
    assert before["account_move"].startswith(str(INVOICES + 1))
    seconds = timed_installation(database)
    assert database.fingerprints() == before, "an invoice was written"
    limit = MORE_SECONDS
    if IS_SOAK:
        with ExistingDatabase(dev_environment, "empty") as empty:
            limit += timed_installation(empty)
    print(
        f"\ninstalled beside {INVOICES} invoices in {seconds:.0f} s, limit {limit:.0f}"
    )
    assert seconds < limit

    used = database.shell(USE + UNINSTALL)
    assert "3 deposits" in used
    assert "1 invoices" in used
    assert "GONE" in used
    assert not database.is_installed()
    if not IS_SOAK:
        return

    timed_installation(database)
    assert database.is_installed()
    assert database.sql("select count(*) from skydrop_deposit") == "0"
    # An invoice of the first time is one among the others now.
    assert "1 invoices" in database.shell(USE)
