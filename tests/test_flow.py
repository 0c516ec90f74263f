"""The customer's flow, in a real browser at both widths."""

import re
import time

import pytest
from conftest import Customer
from pypdf import PdfReader

BILLING = "/my/movements/billing"


def amount(text):
    """The number in a formatted amount."""
    return float(re.sub(r"[^\d.]", "", text))


def wait_for_scripts(customer):
    """Wait until the page reacts to ticks; before that it is a plain form."""
    customer.page.wait_for_selector(".o_skydrop_all:not(.d-none)")


def open_billing(customer):
    """Open the list of deposits."""
    customer.page.goto(BILLING)
    wait_for_scripts(customer)


def settle(customer):
    """Wait until the card shows the figures of its ticks."""
    customer.page.wait_for_selector(".o_skydrop_card_figures[aria-busy=false]")


def tick(customer, *positions):
    """Tick deposits by their position in the list."""
    for position in positions:
        customer.page.locator(".o_skydrop_tick").nth(position).check()
    settle(customer)


def shown_amounts(customer):
    """The amounts of all deposits of the list, in its order."""
    return [
        amount(text)
        for text in customer.page.locator(
            "label[data-skydrop=deposit] .o_skydrop_row_side strong"
        ).all_inner_texts()
    ]


def test_from_home_page_to_pdf(customer, tmp_path):
    page = customer.page
    customer.sign_in("cliente")
    page.goto("/my")
    page.get_by_text("Movimientos", exact=True).click()
    customer.check_page("movements")
    page.get_by_role("link", name="Facturación", exact=True).click()
    wait_for_scripts(customer)

    assert customer.node("count").inner_text() == "0"
    assert page.locator(".o_skydrop_tick:checked").count() == 0
    assert not page.locator(".o_skydrop_preview").is_enabled()
    customer.check_page("billing")

    amounts = shown_amounts(customer)
    tick(customer, 0, 1, 2)
    assert customer.node("count").inner_text() == "3"
    total = amount(customer.node("total").inner_text())
    assert total == pytest.approx(sum(amounts[:3]))
    words = customer.node("words").inner_text()
    assert words.endswith("/100 M.N.")
    customer.check_page("billing_ticked")

    page.locator(".o_skydrop_preview").click()
    page.wait_for_url("**/preview?choice=*")
    page.reload()
    assert "esta factura aún no existe" in page.inner_text("main")
    assert amount(customer.node("total").inner_text()) == total
    assert customer.node("words").inner_text() == words
    customer.check_page("preview")

    customer.node("generate").evaluate(
        "node => new MutationObserver(() => sessionStorage.setItem("
        "'said', node.ariaBusy + node.innerText)).observe(node, {attributes: true,"
        " childList: true, subtree: true})"
    )
    customer.node("generate").click()
    page.wait_for_url("**/my/invoices/*")
    # What the button said while the invoice was being made.
    assert page.evaluate("sessionStorage.said") == "trueGenerando…"
    number = customer.node("number").inner_text()
    assert re.fullmatch(r"INV/\d{4}/\d{5}", number)
    assert "Pagada con tus depósitos" in customer.node("paid").inner_text()
    frame = page.frame_locator("#invoice_html")
    assert amount(frame.locator("[data-skydrop=total]").inner_text()) == total
    customer.screenshot("invoice")

    with page.expect_download() as download:
        page.locator(".o_download_btn").click()
    assert download.value.suggested_filename == number.replace("/", "_") + ".pdf"
    path = tmp_path / "invoice.pdf"
    download.value.save_as(path)
    (sheet,) = PdfReader(path).pages
    text = " ".join(sheet.extract_text().split())
    for expected in (
        number,
        words,
        f"{total:,.2f}",
        "COMERCIALIZADORA LUNA",
        "CLU150408H76",
        "de 20",  # the date in words
        "Página 1 de 1",
    ):
        assert expected in text

    page.goto(f"{BILLING}/invoices")
    assert number in page.inner_text("main")
    customer.check_page("invoices")
    page.goto(BILLING)
    assert len(shown_amounts(customer)) == len(amounts) - 3


def test_tick_all_and_none(customer):
    page = customer.page
    customer.sign_in("persona")
    open_billing(customer)
    amounts = shown_amounts(customer)
    page.locator(".o_skydrop_tick_all").check()
    settle(customer)
    assert customer.node("count").inner_text() == str(len(amounts))
    assert amount(customer.node("total").inner_text()) == pytest.approx(sum(amounts))
    page.locator(".o_skydrop_tick_all").uncheck()
    settle(customer)
    assert customer.node("count").inner_text() == "0"
    assert amount(customer.node("total").inner_text()) == 0


def test_back_from_the_preview_keeps_the_ticks(customer):
    page = customer.page
    customer.sign_in("persona")
    open_billing(customer)
    tick(customer, 0, 2)
    total = customer.node("total").inner_text()
    page.locator(".o_skydrop_preview").click()
    page.wait_for_url("**/preview?choice=*")
    page.get_by_role("link", name="Volver").click()
    page.wait_for_url("**/billing?choice=*")
    wait_for_scripts(customer)
    settle(customer)
    assert customer.node("count").inner_text() == "2"
    assert customer.node("total").inner_text() == total


def test_connection_lost_and_found(customer):
    page = customer.page
    customer.sign_in("persona")
    open_billing(customer)
    page.route("**/estimate", lambda route: route.abort())
    page.locator(".o_skydrop_tick").first.check()
    error = page.locator(".o_skydrop_card_error")
    error.get_by_role("button", name="Reintentar").wait_for()
    assert "Revisa tu conexión" in error.inner_text()
    customer.check_page("billing_no_connection")
    page.unroute("**/estimate")
    error.get_by_role("button", name="Reintentar").click()
    error.wait_for(state="hidden")
    settle(customer)
    assert amount(customer.node("total").inner_text()) > 0
    assert all("ERR_FAILED" in message for message in customer.console)
    customer.console.clear()


def test_late_answers_are_dropped(customer):
    page = customer.page
    customer.sign_in("persona")
    open_billing(customer)
    amounts = shown_amounts(customer)
    held = []
    page.route("**/estimate", lambda route: held.append(route))
    ticks = page.locator(".o_skydrop_tick")
    for position in (0, 1):
        ticks.nth(position).check()
        page.wait_for_timeout(400)
    first, second = held
    second.continue_()
    page.wait_for_timeout(400)
    first.continue_()
    page.wait_for_timeout(400)
    settle(customer)
    assert amount(customer.node("total").inner_text()) == pytest.approx(
        sum(amounts[:2])
    )


def test_two_currencies_are_two_lists(customer):
    page = customer.page
    customer.sign_in("dolares")
    page.goto(BILLING)
    page.locator(".nav-pills a", has_text="USD").click()
    page.wait_for_url("**currency=USD")
    wait_for_scripts(customer)
    tick(customer, 0)
    assert customer.node("words").inner_text().endswith("/100 USD")
    customer.check_page("billing_dollars")


def test_nothing_yet(customer):
    page = customer.page
    customer.sign_in("nuevo")
    page.goto("/my/movements")
    assert "Aún no tienes depósitos" in page.inner_text("main")
    customer.check_page("movements_empty")
    page.goto(BILLING)
    assert "No tienes nada por facturar" in page.inner_text("main")
    customer.check_page("billing_empty")
    page.goto(f"{BILLING}/invoices")
    customer.check_page("invoices_empty")


def test_no_fiscal_data(customer):
    page = customer.page
    customer.sign_in("sinrfc")
    open_billing(customer)
    assert "Falta el RFC" in customer.node("error").inner_text()
    customer.check_page("billing_no_fiscal_data")
    tick(customer, 0)
    page.locator(".o_skydrop_preview").click()
    page.wait_for_url("**/preview?choice=*")
    assert customer.node("generate").count() == 0
    customer.check_page("preview_no_fiscal_data")


def test_without_scripts(live_server, chromium):
    # Odoo's own sign-in page needs scripts; ours do not.
    signed_in = Customer(live_server, chromium, 1400)
    signed_in.sign_in("dolares")
    context = chromium.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="es-MX"
    )
    context.add_cookies(signed_in.context.cookies())
    signed_in.context.close()
    page = context.new_page()
    page.goto(f"{BILLING}?currency=MXN")
    ticks = page.locator(".o_skydrop_tick")
    before = ticks.count()
    ticks.nth(0).check()
    ticks.nth(1).check()
    page.locator(".o_skydrop_preview").click()
    assert page.locator(".o_skydrop_remove button").count() == 2
    page.locator(".o_skydrop_remove button").first.click()
    total = amount(page.locator("[data-skydrop=total]").inner_text())
    page.locator("[data-skydrop=generate]").click()
    assert amount(page.locator("h2").first.inner_text()) == total
    with page.expect_download() as download:
        page.locator(".o_download_btn").click()
    assert download.value.suggested_filename.endswith(".pdf")
    page.goto(f"{BILLING}?currency=MXN")
    assert ticks.count() == before - 1
    context.close()


def test_returning_customer_is_quick(live_server, chromium):
    """At most 6 taps and 20 seconds from the home page to the PDF, on a slow phone
    (a quarter of the speed) and a slow line (400 ms)."""
    somebody = Customer(live_server, chromium, 390)
    page = somebody.page
    somebody.sign_in("persona")
    page.goto("/my")
    session = somebody.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 400,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
        },
    )
    start = time.monotonic()
    taps = (
        page.get_by_text("Movimientos", exact=True),
        page.get_by_role("link", name="Facturación", exact=True),
        page.locator(".o_skydrop_tick").first,
        page.locator(".o_skydrop_preview"),
        page.locator("[data-skydrop=generate]"),
    )
    for target in taps:
        target.tap()
    with page.expect_download() as download:
        page.locator(".o_download_btn").tap()
    assert download.value.path().stat().st_size > 10_000
    seconds = time.monotonic() - start
    print(f"{len(taps) + 1} taps, {seconds:.1f} s from the home page to the PDF")
    assert seconds <= 20
    somebody.context.close()
