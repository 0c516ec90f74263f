from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from ..tools.deposit_row import MAX_AMOUNT

COMPARED = (
    *("partner_id", "amount", "currency_id", "date"),
    *("origin", "payment_form", "payment_id"),
)
TEMPLATE = "/skydrop_facturacion/static/import/deposits"


class SkydropDeposit(models.Model):
    """Files of deposits, through Odoo's own import."""

    _inherit = "skydrop.deposit"

    @api.model
    def get_import_templates(self):
        """The files that Odoo's import offers to start from."""
        return [
            {
                "label": self.env._("Template for deposits (Excel)"),
                "template": f"{TEMPLATE}.xlsx",
            },
            {
                "label": self.env._("Template for deposits (CSV)"),
                "template": f"{TEMPLATE}.csv",
            },
        ]

    @api.model
    def _load_records(self, data_list, update=False):
        """A row without an external id is known by its platform reference: one that is
        there with the same content is left as it is, so that a file may come twice.

        :raise ValidationError: what is wrong with a row; of a single one, with its
            reference, by which a person finds it in the file
        """
        if not self.env.context.get("import_file"):
            return super()._load_records(data_list, update)
        # Who imported a deposit stands in it; thousands of notes would only be slow.
        quiet = self.with_context(
            mail_create_nolog=True, mail_create_nosubscribe=True, mail_notrack=True
        )
        try:
            self._recognize_rows(data_list)
            super(SkydropDeposit, quiet)._load_records(
                [data for data in data_list if not data.get("record")], update
            )
        except UserError as error:
            reference = data_list[0]["values"].get("reference")
            if len(data_list) > 1 or not reference:
                raise
            raise ValidationError(
                self.env._(
                    "Reference %(reference)s: %(problem)s",
                    reference=reference,
                    problem=error,
                )
            ) from error
        return self.concat(*(data["record"] for data in data_list))

    @api.model
    def _recognize_rows(self, data_list):
        """Check rows, and note as ``record`` in those that are there what they are."""
        anonymous = [
            data
            for data in data_list
            if not data.get("xml_id") and not data["values"].get("id")
        ]
        for data in anonymous:
            self._check_import_row(data["values"])
        known = self._find_registered(
            {data["values"]["reference"] for data in anonymous}
        )
        for data in anonymous:
            deposit = known.get(data["values"]["reference"])
            if deposit:
                deposit._check_import_content(data["values"])
                data["record"] = deposit

    @api.model
    def _check_import_row(self, values):
        """Check what else the database would refuse, without naming the row.

        :raise ValidationError: there is no reference, or no possible amount
        """
        if not values.get("reference"):
            raise ValidationError(
                self.env._(
                    "The platform reference is missing. Fill that column, so that no"
                    " deposit is made twice when the file is imported again."
                )
            )
        if not 0 < (values.get("amount") or 0) < MAX_AMOUNT:
            raise ValidationError(
                self.env._(
                    "The amount of a deposit must be greater than zero, and below"
                    " 1,000,000,000."
                )
            )

    def _check_import_content(self, values):
        """:raise ValidationError: the deposit differs from the values of a row"""
        self.ensure_one()
        for name in COMPARED:
            if name not in values:
                continue
            field = self._fields[name]
            sent = field.convert_to_cache(values[name], self)
            there = field.convert_to_cache(self[name], self)
            if (sent or False) != (there or False):
                raise ValidationError(
                    self.env._(
                        "Reference %(reference)s is deposit %(deposit)s already, with"
                        " another “%(field)s”. Correct the row, or change the deposit"
                        " itself.",
                        reference=self.reference,
                        deposit=self.name,
                        field=field._description_string(self.env),
                    )
                )
