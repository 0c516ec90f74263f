"""Long tests, for ``make soak`` only: from an older version to this one, and beside
addons that mean to do the same."""

import ast
import os
import shutil

import pytest
from devenv.console import Stop
from devenv.paths import ADDON_NAME, DEV
from existing import ExistingDatabase, git

TAG = "v19.0.1.0.0"
MANIFEST = f"{ADDON_NAME}/__manifest__.py"
KEPT = {
    "deposits": "select id, name, reference, partner_id, amount, state, date from"
    " skydrop_deposit order by id",
    "claims": "select id, skydrop_deposit_id, price_total, parent_state from"
    " account_move_line where skydrop_deposit_id is not null order by id",
    "invoices": "select id, name, state, amount_total, skydrop_rfc, skydrop_legal_name"
    " from account_move order by id",
    "users": "select id, login, password from res_users order by id",
}
CONSISTENT = """
found = env["skydrop.deposit"]._check_consistency()
assert not found, found
print("DONE")
"""
STUBS = {
    "l10n_mx_edi_stub": """
from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    l10n_mx_edi_fiscal_regime = fields.Selection([("601", "601"), ("616", "616")])
    l10n_mx_edi_no_tax_breakdown = fields.Boolean()
    l10n_mx_edi_usage = fields.Selection([("G03", "G03"), ("S01", "S01")])


class ResCompany(models.Model):
    _inherit = "res.company"

    l10n_mx_edi_fiscal_regime = fields.Selection(
        related="partner_id.l10n_mx_edi_fiscal_regime", readonly=False
    )


class AccountMove(models.Model):
    _inherit = "account.move"

    l10n_mx_edi_usage = fields.Selection(
        [("G03", "G03"), ("S01", "S01")], default="G03"
    )
    l10n_mx_edi_payment_policy = fields.Selection([("PPD", "PPD"), ("PUE", "PUE")])
    l10n_mx_edi_cfdi_uuid = fields.Char()
    l10n_mx_edi_cfdi_state = fields.Selection([("sent", "Sent"), ("cancel", "Cancel")])
""",
    "post_raises_stub": """
from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        if self.env["ir.config_parameter"].sudo().get_param("stub.post_raises"):
            raise UserError("El PAC no responde.")
        return super()._post(soft)
""",
}
BESIDE = """
from odoo.exceptions import UserError
deposits = env["skydrop.deposit"].search([("invoice_status", "=", "to_invoice")])
deposits = deposits.filtered(lambda d: not d.billing_block and not d.amount_freed)[:1]
customer = deposits.commercial_partner_id
company = deposits.company_id
env.user.write({"company_ids": [(4, company.id)], "company_id": company.id})
deposits = deposits.with_company(company)
parameters = env["ir.config_parameter"]
moves = env["account.move"].search_count([])
env.cr.commit()
parameters.set_param("stub.post_raises", "1")
env.cr.commit()
try:
    deposits._create_invoices()
except UserError as error:
    assert "El PAC no responde" in str(error)
    env.cr.rollback()
else:
    raise AssertionError("posting did not fail")
assert env["account.move"].search_count([]) == moves
rule = env["skydrop.auto.billing"].with_context(active_test=False).search(
    [("partner_id", "=", customer.id)])
rule.unlink()
rule = env["skydrop.auto.billing"].create({
    "partner_id": customer.id, "company_id": company.id, "mode": "deposit",
    "covered_from": "2020-01-01", "start_date": "2020-01-01"})
rule.action_run()
env.cr.commit()
assert "El PAC no responde" in rule.last_error, rule.last_error
assert env["account.move"].search_count([]) == moves
parameters.set_param("stub.post_raises", False)
env.cr.commit()
rule.action_run()
env.cr.commit()
assert not rule.last_error, rule.last_error
assert deposits.invoice_status == "invoiced"
assert deposits.invoice_ids.l10n_mx_edi_usage == "G03"
assert env["skydrop.deposit"]._check_consistency() == []
print("DONE")
"""


def is_complete(commit):
    """Whether the addon of a commit has all files that its manifest names."""
    try:
        manifest = ast.literal_eval(git("show", f"{commit}:{MANIFEST}"))
    except Stop:
        return False
    files = set(git("ls-tree", "-r", "--name-only", commit, ADDON_NAME).split("\n"))
    wanted = manifest.get("data", []) + manifest.get("demo", [])
    return {f"{ADDON_NAME}/{name}" for name in wanted} <= files


def oldest_version():
    """:return: the tag if the clone has it, else the oldest complete commit it has"""
    if git("tag", "--list", TAG):
        return TAG
    commits = git("log", "--reverse", "--format=%H", "--", MANIFEST).split("\n")
    return next(commit for commit in commits if is_complete(commit))


@pytest.fixture
def old_sources():
    """The repository as it was, in a folder of its own."""
    version = oldest_version()
    print(f"\nupdate from {version}")
    if version != TAG:
        print(f"(this clone has no tag {TAG}: from the oldest complete commit in it)")
    folder = DEV / "old_version"
    shutil.rmtree(folder, ignore_errors=True)
    git("worktree", "prune")
    git("worktree", "add", "--detach", str(folder), version)
    yield folder
    git("worktree", "remove", "--force", str(folder))


def read_kept(database):
    """:return: the rows, as text, of all that has to stay as it is"""
    return {name: set(database.sql(query).splitlines()) for name, query in KEPT.items()}


def test_update_keeps_what_is_there(dev_environment, old_sources):
    with ExistingDatabase(dev_environment, "update") as database:
        folders = f"{old_sources},{dev_environment.odoo.addons_folder()}"
        database.sql("update ir_module_module set demo = true")
        database.odoo("--addons-path", folders, "-i", ADDON_NAME)
        database.sql(
            f"update ir_module_module set demo = false where name != '{ADDON_NAME}'"
        )
        before = read_kept(database)
        assert all(before.values())
        database.odoo("-u", ADDON_NAME)
        after = read_kept(database)
        # Today's demo may add to them.
        assert {name: before[name] - after[name] for name in KEPT} == dict.fromkeys(
            KEPT, set()
        )
        database.shell(CONSISTENT)


def test_beside_enterprise_fields_and_a_posting_that_fails(dev_environment, tmp_path):
    for name, source in STUBS.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text("from . import models\n")
        (folder / "models.py").write_text(source)
        manifest = {"name": name, "depends": [ADDON_NAME], "license": "LGPL-3"}
        if name.startswith("l10n_mx_edi"):
            # There before ours, as Enterprise's would be.
            manifest["depends"] = ["account", "l10n_mx"]
        (folder / "__manifest__.py").write_text(repr(manifest))
    own = dev_environment.odoo.addons_folder()
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = ("--addons-path", ",".join(map(str, filter(None, [tmp_path, here, own]))))
    with ExistingDatabase(dev_environment, "beside") as database:
        database.odoo(*folders, "-i", "l10n_mx_edi_stub")
        database.sql("update ir_module_module set demo = true")
        database.odoo(*folders, "-i", f"{ADDON_NAME},post_raises_stub")
        database.sql(
            f"update ir_module_module set demo = false where name != '{ADDON_NAME}'"
        )
        database.shell(BESIDE, *folders)
