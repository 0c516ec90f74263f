"""A customer with thousands of deposits, in a real browser at both widths."""

import os
import re

import pytest
from conftest import Customer, LiveServer
from devenv.paths import SCREENSHOTS
from test_api import Platform, name_customer, rows
from test_flow import amount, open_billing, settle

COUNT = 3000
LONG = int(os.environ.get("SKYDROP_SOAK", "1")) > 1


@pytest.fixture(scope="module")
def server(dev_environment):
    """A server on which the demo customer has thousands of deposits more."""
    with LiveServer(dev_environment, "many") as live:
        name_customer(live)
        answer = Platform(live).register(rows("MANY", COUNT, amount="348.01"))
        assert len(answer.json()) == COUNT
        yield live


# The last one invoices all of them, in the long run.
@pytest.mark.parametrize("width", [390, 1400], ids=["phone", "desk"])
def test_all_ticked_and_previewed(server, chromium, width):
    customer = Customer(server, chromium, width)
    page = customer.page
    customer.sign_in("cliente")
    open_billing(customer)
    page.get_by_role("button", name="Marcar todos, en todas las páginas").click()
    page.wait_for_url(re.compile("choice="))
    settle(customer)
    assert amount(customer.node("count").inner_text()) > COUNT
    total = amount(customer.node("total").inner_text())
    customer.check_page("many_ticked")
    page.locator(".o_skydrop_preview").click()
    page.wait_for_url("**/preview?choice=*")
    assert amount(customer.node("total").inner_text()) == total
    # The button is in sight without scrolling past all of them.
    box = customer.node("generate").bounding_box()
    assert box["y"] + box["height"] <= page.viewport_size["height"]
    page.screenshot(path=SCREENSHOTS / f"many_preview_{width}.png")
    if LONG and width == 1400:
        customer.node("generate").click(no_wait_after=True)
        page.wait_for_url("**/my/invoices/*", timeout=300_000)
        frame = page.frame_locator("#invoice_html")
        assert amount(frame.locator("[data-skydrop=total]").inner_text()) == total
    customer.context.close()
