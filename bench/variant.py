"""How long and how large a run is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """The sizes of a run.

    :ivar int rounds: of measurements of some seconds
    :ivar int long_rounds: of measurements of many seconds
    :ivar int clicks: of measurements of some milliseconds
    :ivar int customers: of automatic invoicing
    :ivar tuple growth: numbers of customers whose cost is compared with the first
    :ivar int deposits: of the customer who has many
    :ivar int registered: rows of one call of the API
    """

    rounds: int
    long_rounds: int
    clicks: int
    customers: int
    growth: tuple
    deposits: int
    registered: int


VARIANTS = {
    "quick": Variant(1, 1, 5, 60, (60, 120), 5_000, 1_000),
    "normal": Variant(3, 2, 25, 500, (500, 2_000), 100_000, 10_000),
    "full": Variant(7, 5, 60, 500, (500, 2_000, 10_000), 100_000, 10_000),
}
