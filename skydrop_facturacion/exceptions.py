from odoo.exceptions import UserError


class BillingError(UserError):
    """A refusal that the customer can understand and act upon.

    :param str code: stable name of the cause, e.g. ``not_billable``; part of the
        answer of the estimate route
    :param str message: translated sentence: what happened, which record, what to do
    :param str field: receiver field or form field to correct, if there is one
    """

    def __init__(self, code, message, field=None):
        super().__init__(message)
        self.code = code
        self.field = field
