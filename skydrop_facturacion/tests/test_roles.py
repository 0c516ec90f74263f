from datetime import date

from odoo import Command
from odoo.tests import new_test_user, tagged

from .common import SkydropCommon

ADDON = "skydrop_facturacion"
OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}
# Who may do what with each model skydrop.…: read, write, create, unlink. A new model
# needs a row here.
#
# Customers reach everything but their own deposits through the pages of the portal
# only. Whoever may write on a deposit is still refused what is derived or invoiced.
MATRIX = """
model                       portal internal support accountant manager integration
deposit                     r---   ----     r---    rwcu       rwcu    r---
change.request              ----   ----     rwcu    rwcu       rwcu    ----
change.request.line         ----   ----     r---    r---       r---    ----
change.request.part         ----   ----     r---    r---       r---    ----
auto.billing                ----   ----     r---    rwc-       rwcu    ----
auto.billing.run            ----   ----     ----    r---       r---    ----
auto.billing.rehearsal      ----   ----     ----    rwcu       rwcu    ----
auto.billing.rehearsal.line ----   ----     ----    rwcu       rwcu    ----
invoice.deposits            ----   ----     ----    rwc-       rwc-    ----
attach.cfdi                 ----   ----     ----    rwc-       rwc-    ----
consistency.issue           ----   ----     ----    ----       r-cu    ----
dashboard                   ----   ----     r---    r---       r---    ----
undelivered.mail            ----   ----     r---    r---       r---    ----
reconciliation              ----   ----     ----    r---       r---    ----
reconciliation.report       ----   ----     ----    rwc-       rwc-    ----
set.up.check                ----   ----     ----    ----       r---    ----
support.address             ----   ----     ----    ----       rwc-    ----
choice                      ----   ----     ----    ----       ----    ----
"""


def read_matrix():
    """:return: the letters of each model and role; and the roles"""
    header, *rows = (line.split() for line in MATRIX.strip().splitlines())
    roles = header[1:]
    return {
        f"skydrop.{model}": dict(zip(roles, letters, strict=True))
        for model, *letters in rows
    }, roles


@tagged("post_install", "-at_install")
class TestRoles(SkydropCommon):
    """Every model of the addon × role × operation, in two companies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.matrix, cls.roles = read_matrix()
        cls.users = {
            "portal": cls.portal_user,
            "internal": new_test_user(
                cls.env,
                login="role_internal",
                groups="base.group_user",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            ),
            **{
                role: cls._create_internal_user(f"role_{role}", f"group_{role}")
                for role in cls.roles[2:]
            },
        }
        cls.other_company = cls.env["res.company"].create({"name": "Otra emisora"})
        # The rights are asked for in the name of each user.
        cls.env.user.company_ids |= cls.other_company

    def _get_models(self):
        return {
            name
            for name, model in self.env.registry.items()
            if model._original_module == ADDON and not model._abstract
        }

    def _create_records(self, company):
        """One record of each stored model in a company, by model."""
        env = self.env(
            su=True,
            context={
                **self.env.context,
                "allowed_company_ids": (company | self.company).ids,
            },
        )
        journal = env["account.journal"].create(
            {
                "name": "Roles",
                "code": "ROL",
                "type": "general",
                "company_id": company.id,
            }
        )
        entry = env["account.move"].create(
            {"move_type": "entry", "journal_id": journal.id}
        )
        deposit = self._create_deposits(
            100, company_id=company.id, currency_id=company.currency_id.id
        )
        request = env["skydrop.change.request"].create({"invoice_id": entry.id})
        today = date(2026, 3, 1)
        return {
            "skydrop.deposit": deposit,
            "skydrop.change.request": request,
            "skydrop.change.request.line": env["skydrop.change.request.line"].create(
                {"request_id": request.id, "field": "zip", "new_value": "06600"}
            ),
            "skydrop.change.request.part": env["skydrop.change.request.part"].create(
                {
                    "request_id": request.id,
                    "receiver_id": self.customer.id,
                    "amount": 100,
                    "deposit_ids": deposit.ids,
                }
            ),
            "skydrop.auto.billing": env["skydrop.auto.billing"].create(
                {
                    "partner_id": self.customer.id,
                    "company_id": company.id,
                    "mode": "total",
                    "covered_from": today,
                    "start_date": today,
                }
            ),
            "skydrop.auto.billing.run": env["skydrop.auto.billing.run"].create(
                {"company_id": company.id}
            ),
        }

    def _may(self, records, role):
        """The letters of what a role may do with records."""
        records = records.with_user(self.users[role]).with_context(
            allowed_company_ids=self.company.ids
        )
        return "".join(
            letter if records.has_access(operation) else "-"
            for letter, operation in OPERATIONS.items()
        )

    # ------------------------------------------------------------------

    def test_every_model_is_in_the_matrix(self):
        self.assertEqual(set(self.matrix), self._get_models())

    def test_each_role_may_what_the_matrix_says(self):
        found = {
            model: {role: self._may(self.env[model], role) for role in self.roles}
            for model in self.matrix
        }
        self.assertEqual(found, self.matrix)

    def test_records_of_the_own_company(self):
        for model, record in self._create_records(self.company).items():
            for role in self.roles:
                with self.subTest(model=model, role=role):
                    self.assertEqual(self._may(record, role), self.matrix[model][role])

    def test_records_of_another_company(self):
        records = self._create_records(self.other_company)
        stored = {
            name
            for name in self.matrix
            if self.env[name]._auto and not self.env[name]._transient
        }
        self.assertEqual(set(records), stored)
        for model, record in records.items():
            for role in self.roles:
                with self.subTest(model=model, role=role):
                    self.assertEqual(self._may(record, role), "----")
                    if "r" in self.matrix[model][role]:
                        seen = self.env[model].with_user(self.users[role]).search([])
                        self.assertNotIn(record, seen)

    def test_somebody_who_works_in_both_companies(self):
        records = self._create_records(self.other_company)
        user = self.users["manager"]
        user.company_ids |= self.other_company
        for model, record in records.items():
            record = record.with_user(user)
            for companies, may in (
                (self.company, False),
                (self.company | self.other_company, True),
            ):
                with self.subTest(model=model, companies=companies.mapped("name")):
                    seen = record.with_context(allowed_company_ids=companies.ids)
                    self.assertEqual(seen.has_access("read"), may)

    def test_deposits_of_another_customer(self):
        other = self._create_customer("Otra empresa")
        deposit = self._create_deposits(100, partner_id=other.id)
        self.assertEqual(self._may(deposit, "portal"), "----")
        self.assertEqual(self._may(deposit, "support"), "r---")

    def test_previews_of_somebody_else(self):
        record = self.env["skydrop.invoice.deposits"].create({})
        for role in self.roles:
            with self.subTest(role=role):
                self.assertEqual(self._may(record, role), "----")
