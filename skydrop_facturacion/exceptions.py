from odoo.exceptions import UserError


class BillingError(UserError):
    """A refusal that the customer can understand and act upon.

    :param str code: stable name of the cause, e.g. ``not_billable``; part of the
        answer of the estimate route
    :param str message: translated sentence: what happened, which record, what to do
    :param str field: receiver field or form field to correct, if there is one
    :param list issues: ``(field, code, message)`` of all that is wrong, where more than
        one thing may be; the other arguments tell the first one
    """

    def __init__(self, code, message, field=None, issues=()):
        super().__init__(message)
        self.code = code
        self.field = field
        self.issues = list(issues) or [(field, code, message)]


class PdfBusyError(UserError):
    """So many PDFs are being made that one more would leave no worker for pages; it is
    a matter of seconds."""


class RegisterError(UserError):
    """A refused registration: nothing of the call was registered.

    Over RPC the list is the ``context.errors`` of the answer, and the message says the
    same in lines of text, for protocols that carry nothing but a message.

    :param str message: translated sentence about the whole call
    :param list errors: one dict a finding: ``index`` of the row in the call, its
        ``reference``, the ``field`` and a ``message``; what is not known is ``False``
    """

    MAX_LINES = 500

    def __init__(self, message, errors):
        self.errors = errors
        lines = [
            "[{index}] {field} ({reference}): {message}".format(
                **{key: "" if value is False else value for key, value in error.items()}
            )
            for error in errors[: self.MAX_LINES]
            if error["index"] is not False
        ]
        super().__init__("\n".join([message, *lines]))

    @property
    def context(self):
        """What Odoo adds to the answer beside the message."""
        return {"errors": self.errors}
