"""Reading one row of the registration API, without a database.

Each ``read_…`` function takes what the caller sent for one key and returns the value
to work with, or raises ``Refusal`` with a sentence for the caller.
"""

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from odoo.tools.translate import LazyTranslate

from . import sat

_lt = LazyTranslate(__name__)

ORIGINS = ("payment", "coupon", "referral", "refund")
MAX_AMOUNT = Decimal(10**9)
MAX_TEXT = 128
MAX_ID = 2**31 - 1  # of a PostgreSQL integer
FIRST_YEAR = 2000
SHOWN = 60  # characters of a value that a message repeats

AMOUNT = re.compile(r"-?[0-9]{1,400}(\.[0-9]+)?")
MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:[.,][0-9]+)?"
    r"(?:Z|([+-][0-9]{2}):?([0-9]{2}))"
)


class Refusal(ValueError):
    """A value that cannot be taken; its argument is a translatable sentence."""

    @property
    def message(self):
        return self.args[0]


def shown(value):
    """A value as a message may repeat it: short, and on one line."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(char if char.isprintable() else "�" for char in text)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def read_text(value):
    """A name of the platform: one line of text without spaces around it."""
    if not isinstance(value, str):
        raise Refusal(_lt("%s is not a text: put it in quotes.", shown(value)))
    if value != value.strip() or not value.isprintable() or len(value) > MAX_TEXT:
        raise Refusal(
            _lt(
                "“%(value)s” cannot be stored as it is: use at most %(limit)s"
                " characters on one line, without spaces before or after.",
                value=shown(value),
                limit=MAX_TEXT,
            )
        )
    return value


def read_id(value):
    """The id of a record in Odoo."""
    if type(value) is not int or not 0 < value <= MAX_ID:
        raise Refusal(_lt("%s is not the id of a record.", shown(value)))
    return value


def read_amount(value):
    """A positive amount of at most two decimals, exactly.

    :param value: text such as ``"1160.00"``, int, float or Decimal
    :rtype: decimal.Decimal
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise Refusal(_lt("%s is not an amount.", shown(value)))
    # The shortest text of a float is the number that the caller wrote.
    text = value if isinstance(value, str) else format(Decimal(str(value)), "f")
    if not AMOUNT.fullmatch(text):
        raise Refusal(
            _lt(
                "“%s” is not an amount: write digits with a point before the decimals,"
                " such as 1160.00.",
                shown(value),
            )
        )
    amount = Decimal(text)
    if not 0 < amount < MAX_AMOUNT:
        raise Refusal(
            _lt(
                "%s is out of range: an amount is greater than zero and below"
                " 1,000,000,000.",
                shown(value),
            )
        )
    if amount != round(amount, 2):
        raise Refusal(_lt("%s has more than two decimals.", shown(value)))
    return amount


def read_date(value):
    """A moment, in UTC and to the second.

    :param value: ISO 8601 with its offset from UTC, or a datetime that has one
    :return: the moment without a time zone, as Odoo stores it
    :rtype: datetime.datetime
    """
    if isinstance(value, datetime):
        value = value.isoformat()
    match = isinstance(value, str) and MOMENT.fullmatch(value)
    if not match:
        raise Refusal(
            _lt(
                "“%s” is not a date and time with its offset from UTC: write it like"
                " 2026-11-24T18:30:00-06:00 or 2026-11-25T00:30:00Z.",
                shown(value),
            )
        )
    day, time, seconds, hours, minutes = match.groups()
    offset = f"{hours}:{minutes}" if hours else "+00:00"
    try:
        moment = datetime.fromisoformat(f"{day}T{time}{seconds or ':00'}{offset}")
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise Refusal(_lt("There is no date and time “%s”.", shown(value))) from None
    if moment.year < FIRST_YEAR:
        raise Refusal(
            _lt("%(value)s is before the year %(year)s.", value=value, year=FIRST_YEAR)
        )
    return moment


def read_origin(value):
    """What the deposit came from."""
    if value not in ORIGINS:
        raise Refusal(
            _lt(
                "“%(value)s” is no origin of a deposit: use one of %(origins)s.",
                value=shown(value),
                origins=", ".join(ORIGINS),
            )
        )
    return value


def read_payment_form(value):
    """A code of c_FormaPago that says how the deposit was paid, so not 99."""
    if not isinstance(value, str) or value not in sat.PAYMENT_FORMS:
        raise Refusal(
            _lt(
                "“%s” is no form of payment of the SAT catalog c_FormaPago: use its"
                " code of two digits, such as 03, but not 99.",
                shown(value),
            )
        )
    return value


READERS = {
    "reference": read_text,
    "partner_id": read_id,
    "partner_ref": read_text,
    "amount": read_amount,
    "currency": read_text,
    "date": read_date,
    "origin": read_origin,
    "payment_form": read_payment_form,
    "payment_id": read_id,
}


class Row:
    """One row of a call, and what was found out about it.

    :ivar int index: its place in the call
    :ivar reference: its reference as sent, ``False`` if there is none to name
    :ivar dict values: what was read, by key; a key that was refused is missing
    :ivar list findings: ``(field, message)`` pairs, in the order they were found
    :ivar deposit: the deposit that this row is about, once it is known
    :ivar Row repeats: an earlier row of the call with the same reference
    :ivar bool created: whether this row made its deposit
    """

    __slots__ = (
        *("index", "reference", "values", "findings"),
        *("deposit", "repeats", "created"),
    )

    def __init__(self, index, sent):
        self.index = index
        self.reference = False
        self.values = {}
        self.findings = []
        self.deposit = self.repeats = None
        self.created = False
        if isinstance(sent, dict):
            self._read(sent)
        else:
            self.refuse(False, _lt("%s is not an object with fields.", shown(sent)))

    def refuse(self, field, message):
        """Note why the row cannot be registered."""
        self.findings.append((field, message))

    def _read(self, sent):
        reference = sent.get("reference")
        self.reference = shown(reference) if reference else False
        for key in sent:
            if key not in READERS:
                known = ", ".join(READERS)
                self.refuse(shown(key), _lt("There is no such field: use %s.", known))
        for key, read in READERS.items():
            if self._is_given(sent.get(key)):
                try:
                    self.values[key] = read(sent[key])
                except Refusal as refusal:
                    self.refuse(key, refusal.message)
        self._check_given(sent)
        if not self._is_given(sent.get("origin")):
            self.values["origin"] = "payment"
        self.values.setdefault("payment_form", False)
        self.values.setdefault("payment_id", False)

    @property
    def is_new(self):
        """Whether nothing is known yet that this row repeats."""
        return self.deposit is None and self.repeats is None

    @staticmethod
    def _is_given(value):
        """JSON has null and XML-RPC has only false or an empty text for nothing."""
        return value is not None and value is not False and value != ""

    def _check_given(self, sent):
        """Refuse what is missing, and what excludes each other."""
        given = {key for key in READERS if self._is_given(sent.get(key))}
        for key in ("reference", "amount", "date"):
            if key not in given:
                self.refuse(key, _lt("This field is missing."))
        if not given & {"partner_id", "partner_ref"}:
            self.refuse(
                "partner_id",
                _lt("The customer is missing: give partner_id or partner_ref."),
            )
        elif {"partner_id", "partner_ref"} <= given:
            self.refuse(
                "partner_ref", _lt("Give partner_id or partner_ref, but not both.")
            )
        if "payment_form" not in given and self.values.get("origin") in (
            None,
            "payment",
        ):
            self.refuse(
                "payment_form",
                _lt(
                    "The form of payment is missing: a payment needs its code of the"
                    " SAT catalog c_FormaPago, such as 03."
                ),
            )

    def check_not_future(self, now):
        """Refuse a date more than a day ahead, as the deposit itself would."""
        date = self.values.get("date")
        if date and date > now + timedelta(days=1):
            self.refuse("date", _lt("%s UTC is more than a day in the future.", date))
