from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

# In the order in which they are shown.
CHECKS = (
    "support",
    "company",
    "chart",
    "product",
    "journal",
    "zone",
    "mail",
    "demo",
)
SAMPLE_AMOUNT = 1160.0


class SkydropSetUpCheck(models.Model):
    """The guided set-up: what has to be in order before customers invoice, each with a
    sentence and the button that leads to where it is mended.

    Nothing is stored, so that the page is right again when one comes back to it.
    """

    _name = "skydrop.set.up.check"
    _description = "Check of the Set-Up"
    _auto = False
    _order = "sequence"

    company_id = fields.Many2one("res.company", readonly=True)
    sequence = fields.Integer(readonly=True)
    key = fields.Selection(
        selection=[
            ("support", "Support address"),
            ("company", "RFC and address"),
            ("chart", "Chart of accounts"),
            ("product", "Product and tax"),
            ("journal", "Journal"),
            ("zone", "Time zone"),
            ("mail", "Mail server and sender"),
            ("demo", "See it work"),
        ],
        string="Check",
        readonly=True,
    )
    state = fields.Selection(
        selection=[
            ("done", "In order"),
            ("todo", "Missing"),
            ("look", "Have a look"),
        ],
        compute="_compute_state",
    )
    sentence = fields.Char(string="What Is Found", compute="_compute_state")
    button = fields.Char(compute="_compute_button")

    @property
    def _table_query(self):
        steps = [
            SQL("(%s, %s)", number, key) for number, key in enumerate(CHECKS, start=1)
        ]
        return SQL(
            "SELECT company.id * 100 + step.number AS id, company.id AS company_id,"
            " step.number AS sequence, step.key"
            " FROM res_company company CROSS JOIN (VALUES %s) AS step (number, key)",
            SQL(", ").join(steps),
        )

    @api.depends("key")
    def _compute_state(self):
        states = {True: "done", False: "todo", None: "look"}
        for check in self:
            company = check.company_id.sudo()
            state, check.sentence = getattr(
                company, f"_skydrop_check_set_up_{check.key}"
            )()
            check.state = states[state]

    @api.depends("key")
    def _compute_button(self):
        labels = {
            "support": self.env._("Confirm or change"),
            "company": self.env._("Complete the company"),
            "chart": self.env._("Choose the chart"),
            "product": self.env._("See product and tax"),
            "journal": self.env._("See the journal"),
            "zone": self.env._("Change the time zone"),
            "mail": self.env._("Check the mail"),
            "demo": self.env._("See a sample invoice"),
        }
        for check in self:
            check.button = labels[check.key]

    @api.model
    def _count_missing(self, company):
        """:return: how many checks of the company are not in order
        :rtype: int
        """
        checks = self.search([("company_id", "=", company.id)])
        return len(checks.filtered(lambda check: check.state == "todo"))

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_mend(self):
        """Go to where the check is mended.

        :return: the action that opens the place
        :rtype: dict
        :raise AccessError: not an administrator of the addon
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("skydrop_facturacion.group_manager"):
            raise AccessError(self.env._("Only administrators can set up invoicing."))
        return getattr(self, f"_mend_{self.key}")()

    def _open_form(self, record, **values):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
            **values,
        }

    def _open_action(self, xmlid):
        return self.env["ir.actions.actions"]._for_xml_id(xmlid)

    def _open_settings(self):
        return self._open_action("skydrop_facturacion.res_config_settings_action")

    def _mend_support(self):
        wizard = self.env["skydrop.support.address"].create(
            {
                "company_id": self.company_id.id,
                "email": self.company_id.skydrop_support_email,
            }
        )
        return self._open_form(
            wizard, target="new", name=self.env._("Where do customers write to?")
        )

    def _mend_company(self):
        return self._open_form(self.company_id)

    def _mend_chart(self):
        return self._open_action("account.action_account_config")

    def _mend_product(self):
        """The product of the Mexican chart is made; the tax is the company's choice."""
        company = self.company_id.sudo()
        company._skydrop_set_up()
        if company.skydrop_product_id:
            return self._open_form(company.skydrop_product_id)
        return self._open_action("account.action_tax_form")

    def _mend_journal(self):
        company = self.company_id.sudo()
        company._skydrop_set_up()
        if company.skydrop_journal_id:
            return self._open_form(company.skydrop_journal_id)
        return self._open_settings()

    def _mend_zone(self):
        return self._open_settings()

    def _mend_mail(self):
        return self._open_settings()

    def _mend_demo(self):
        report = self.env.ref("skydrop_facturacion.action_report_sample")
        # The layout of Odoo's documents is of no concern here.
        return report.report_action(self, config=False)

    # ------------------------------------------------------------------
    # Sample
    # ------------------------------------------------------------------

    def _get_sample_document(self):
        """What the invoice of a deposit would show, made out to the company itself.

        :return: see ``skydrop.invoice.document``; nothing is written
        :rtype: dict
        """
        self.ensure_one()
        company = self.company_id.sudo()
        partner = company.partner_id
        deposit = (
            self.env["skydrop.deposit"]
            .sudo()
            .new(
                {
                    "name": "DEP/0001",
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "currency_id": company.currency_id.id,
                    "amount": SAMPLE_AMOUNT,
                    "date": fields.Datetime.now(),
                    "payment_form": "03",
                }
            )
        )
        document = self.env["skydrop.invoice.document"].sudo()
        return document._prepare_preview(
            deposit,
            {deposit.id: SAMPLE_AMOUNT},
            partner,
            fiscal={**partner._skydrop_receiver_values(), "cfdi_use": "G03"},
            invoice_date=deposit._get_invoice_date(company),
            payment_form="03",
            note="",
        )
