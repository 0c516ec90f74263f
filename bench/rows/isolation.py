"""What one bad customer costs the others."""

from odoo.exceptions import UserError

from .. import jobs
from ..measure import in_turns
from ..table import Bar, Row
from ..workbench import Workbench
from .automatic import DEPOSITS, prepare_ours, warm_up

# An addon that breaks the transaction of one customer's invoice when it is posted.
BREAK = """
CREATE OR REPLACE FUNCTION bench_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'posted' AND NEW.ref IS NULL AND EXISTS (
        SELECT FROM res_partner WHERE id = NEW.partner_id AND ref = 'breaks'
    ) THEN
        RAISE EXCEPTION 'refused by the benchmark';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER bench_refuse BEFORE INSERT OR UPDATE ON account_move
    FOR EACH ROW EXECUTE FUNCTION bench_refuse();
"""


def measure(variant):
    """One customer without a postcode, which is known beforehand; one for whom an addon
    raises when the invoice is posted; and one whose invoice breaks the transaction as
    late as that is possible."""
    count = variant.customers
    with Workbench("isolation") as bench:
        bench.env.cr.execute(BREAK)
        _raise_when_posted(bench.registry["account.move"])
        warm_up(bench)
        samples = in_turns(
            variant.long_rounds,
            {
                "clean": lambda: prepare_ours(bench, count),
                "incomplete": lambda: _prepare(bench, count, zip=False),
                "raising": lambda: _prepare(bench, count, ref="raises"),
                "breaking": lambda: _prepare(bench, count, ref="breaks"),
            },
        )
    return [
        Row(
            f"one of {count} {words}",
            samples[name],
            "clean run",
            samples["clean"],
            [Bar("ratio", 1.15)],
        )
        for name, words in (
            ("incomplete", "customers incomplete"),
            ("raising", "refused by an addon"),
            ("breaking", "breaks the transaction"),
        )
    ]


def _raise_when_posted(Move):
    """Do what an addon would do that extends ``_post``."""
    post = Move._post

    def _post(moves, soft=True):
        for move in moves:
            if move.partner_id.ref == "raises":
                raise UserError("refused by the benchmark")
        return post(moves, soft)

    Move._post = _post


def _prepare(bench, count, **fault):
    customers = bench.customers(count)
    unlucky = customers[count // 2 + 4]  # somewhere in its batch, and in its ten
    unlucky.write(fault)
    bench.deposits(customers, DEPOSITS)
    rules = bench.rules(customers)
    bench.vacuum()

    def run():
        jobs.work_off(bench.env, bench.company)
        made = len(jobs.invoices_of(bench.env, rules))
        assert made == count - 1, f"{made} invoices of {count - 1}"
        failed = rules.filtered("last_error")
        assert failed.partner_id == unlucky, failed

    return run, count
