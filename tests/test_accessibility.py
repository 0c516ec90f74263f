"""The customer's flow with a keyboard alone, and at 200 % zoom."""

import re

import pytest
from conftest import Customer
from test_flow import BILLING, open_billing, settle


def test_with_the_keyboard_alone(live_server, chromium):
    customer = Customer(live_server, chromium, 1400)
    page = customer.page
    customer.sign_in("cliente")
    open_billing(customer)
    customer.press_until("Tab", ".o_skydrop_tick")
    page.keyboard.press("Space")
    settle(customer)
    assert customer.node("count").inner_text() == "1"
    customer.press_until("Tab", ".o_skydrop_preview")
    # What has the focus is seen to have it.
    outline = page.evaluate(
        "(style => style.outlineStyle + style.boxShadow)"
        "(getComputedStyle(document.activeElement))"
    )
    assert outline != "nonenone"
    page.keyboard.press("Enter")
    page.wait_for_url("**/preview?choice=*")
    customer.press_until("Tab", "[data-skydrop=generate]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/my/invoices/*")
    assert re.fullmatch(r"INV/\d{4}/\d{5}", customer.node("number").inner_text())
    customer.context.close()


@pytest.mark.parametrize("width", [700, 320])
def test_enlarged(live_server, chromium, width):
    """A window of 1400 pixels at 200 %, and one of 1280 at 400 %: a browser's zoom
    leaves the page fewer pixels."""
    customer = Customer(live_server, chromium, width)
    page = customer.page
    customer.sign_in("cliente")
    for name, path in (
        ("movements", "/my/movements"),
        ("billing", BILLING),
        ("invoices", f"{BILLING}/invoices"),
        ("automatic", f"{BILLING}/automatic"),
        ("receivers", f"{BILLING}/receivers"),
        ("requests", "/my/requests"),
    ):
        page.goto(path)
        customer.screenshot(f"zoomed_{name}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= customer.width, f"{name} is {wide} pixels wide"
    customer.context.close()


def test_focus_is_on_what_is_wrong(live_server, chromium):
    customer = Customer(live_server, chromium, 390)
    page = customer.page
    customer.sign_in("cliente")
    page.goto(f"{BILLING}/receivers/new")
    page.locator("#o_skydrop_rfc").fill("ABC")
    page.locator("#o_skydrop_zip").fill("06600")
    page.locator(".o_skydrop_fiscal_form button[type=submit]").first.click()
    page.wait_for_selector("#o_skydrop_rfc.is-invalid:focus")
    issue = page.locator("#o_skydrop_rfc").get_attribute("aria-describedby")
    assert page.locator(f"#{issue}").inner_text().strip()
    customer.context.close()
