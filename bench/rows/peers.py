"""Automatic invoicing beside other addons that make the same invoices."""

import contextlib
from datetime import datetime

from .. import peers
from ..measure import in_turns
from ..table import Row
from ..workbench import PeerBench, Workbench
from .automatic import DEPOSITS, WARM_UP, prepare_ours, warm_up

PEERS = (peers.Contract, peers.Subscription)


def measure(variant):
    """Ours and theirs, each on a database of its own, in turns."""
    count = max(20, variant.customers // 5)
    addons = peers.ensure()
    with contextlib.ExitStack() as stack:
        benches = {
            peer.module: stack.enter_context(
                PeerBench(peer.module, peers.maker(peer.module), str(addons))
            )
            for peer in PEERS
        }
        ours = stack.enter_context(Workbench("peers", addons_path=str(addons)))
        theirs = {peer.module: peer(benches[peer.module]) for peer in PEERS}
        warm_up(ours)
        for peer in theirs.values():
            _prepare(peer, WARM_UP)[0]()
        samples = in_turns(
            variant.long_rounds,
            {
                "ours": lambda: prepare_ours(ours, count),
                **{
                    module: lambda peer=peer: _prepare(peer, count)
                    for module, peer in theirs.items()
                },
            },
        )
    return [
        Row(
            f"automatic, {count} customers",
            samples["ours"],
            f"OCA {module}",
            samples[module],
        )
        for module in theirs
    ]


def _prepare(peer, count):
    bench = peer.bench
    customers = bench.customers(count)
    peer.fill(customers, bench.amounts(DEPOSITS))
    bench.vacuum()

    def run():
        peer.run()
        moves = bench.env["account.move"].search(
            [("partner_id", "in", customers.ids), ("move_type", "=", "out_invoice")]
        )
        moves._post(soft=False)
        bench.env.cr.commit()
        assert len(moves) == count, f"{len(moves)} invoices of {count}"
        assert set(moves.mapped("state")) == {"posted"}
        assert set(moves.mapped("invoice_date")) == {datetime.now().date()}

    return run, count
