"""The accountant's deposits in a real browser, and against the portal's customers."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Customer, LiveServer
from test_concurrency import Tab, check_claims, invoices_of

DEPOSITS = "/odoo/skydrop-deposits"
ROUNDS = 4 * int(os.environ.get("SKYDROP_SOAK", "1"))


@pytest.fixture
def accountant(live_server, chromium):
    """The accountant at a desk."""
    somebody = Customer(live_server, chromium, 1400)
    somebody.page.goto("/web/login?redirect=/odoo/skydrop-deposits")
    somebody.page.fill("input[name=login]", "contador")
    somebody.page.fill("input[name=password]", "contador")
    somebody.page.click("form button[type=submit]")
    somebody.page.locator(".o_list_view .o_group_header").first.wait_for()
    yield somebody
    somebody.context.close()
    assert somebody.console == []


def group(page, name):
    """The header of a customer's group."""
    return page.locator(".o_group_header", has_text=name)


def test_from_the_list_to_an_invoice(accountant):
    page = accountant.page
    # To invoice, by customer, with sums.
    facets = page.locator(".o_searchview_facet").all_inner_texts()
    assert any("Por facturar" in facet for facet in facets), facets
    assert any("Cliente" in facet for facet in facets), facets
    accountant.screenshot("desk_deposits_grouped")
    group(page, "Luna").click()
    rows = page.locator(".o_data_row")
    rows.first.wait_for()
    for number in (0, 1):
        rows.nth(number).locator("input[type=checkbox]").check()
    page.get_by_role("button", name="Facturar", exact=True).wait_for()
    accountant.screenshot("desk_deposits_ticked")
    page.get_by_role("button", name="Facturar", exact=True).click()
    dialog = page.get_by_role("dialog")
    paper = dialog.locator(".o_skydrop_desk_paper")
    total = paper.locator("[data-skydrop=total]")
    total.wait_for()
    shown = total.inner_text()
    assert "esta factura todavía no existe" in paper.inner_text().lower()
    # What is chosen is in the preview at once.
    dialog.get_by_label("Nota").fill("Orden de compra 4711")
    dialog.get_by_label("Nota").blur()
    paper.get_by_text("Orden de compra 4711").wait_for()
    accountant.screenshot("desk_invoice_preview")
    dialog.get_by_role("button", name="Generar factura").click()
    page.locator(".o_form_view [name=name]", has_text="INV/").first.wait_for()
    assert shown.replace("\xa0", "") in page.inner_text(".o_form_view").replace(
        "\xa0", ""
    )
    accountant.screenshot("desk_invoice")


def test_something_changed_since_the_preview(accountant):
    page = accountant.page
    group(page, "Jorge").click()
    page.locator(".o_data_row input[type=checkbox]").first.check()
    page.get_by_role("button", name="Facturar", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[data-skydrop=total]").wait_for()
    server = accountant.server
    customer = "(select partner_id from res_users where login = 'persona')"
    (zip_code,) = server.sql(
        f"select zip from res_partner where id = {customer}"
    ).split()
    server.sql(f"update res_partner set zip = '06600' where id = {customer}")
    dialog.get_by_role("button", name="Generar factura").click()
    dialog.get_by_text(re.compile(f"{zip_code} → 06600")).wait_for()
    accountant.screenshot("desk_invoice_changed")
    server.sql(f"update res_partner set zip = '{zip_code}' where id = {customer}")


def test_many_customers_and_what_is_refused(accountant):
    page = accountant.page
    page.locator("thead input[type=checkbox]").check()
    page.get_by_role("button", name="Facturar", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Omitir este cliente").wait_for()
    accountant.screenshot("desk_invoice_many")
    dialog.get_by_role("button", name="Omitir este cliente").click()
    page.wait_for_timeout(500)
    dialog.get_by_role("button", name="Cerrar").first.click()
    # An invoiced deposit: its buttons, and nothing that can be changed.
    page.goto(DEPOSITS)
    page.locator(".o_searchview_facet .o_facet_remove").first.wait_for()
    while page.locator(".o_searchview_facet .o_facet_remove").count():
        page.locator(".o_searchview_facet .o_facet_remove").first.click()
        page.wait_for_timeout(300)
    page.locator(".o_searchview_input").fill("REC-11258")
    page.locator(".o_searchview_input").press("Enter")
    page.locator(".o_data_row", has_text="REC-11258").first.click()
    page.locator(".o_form_view .o_stat_text", has_text="Pago").wait_for()
    accountant.screenshot("desk_deposit_invoiced")
    assert page.locator("[name=amount] input").count() == 0
    assert page.locator("[name=partner_id] input").count() == 0


def test_favourite_for_the_months_end(accountant):
    page = accountant.page
    page.locator(".o_searchview_dropdown_toggler").click()
    page.locator(".o_favorite_menu .o_menu_item", has_text="Cierre de mes").click()
    page.locator(".o_searchview_facet", has_text="Cierre de mes").wait_for()
    page.locator(".o_group_header").first.wait_for()
    accountant.screenshot("desk_month_end")


# ----------------------------------------------------------------------
# At the same moment
# ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_workers(dev_environment):
    """A server with two workers."""
    with LiveServer(dev_environment, "desk_workers", ["--workers", "2"]) as server:
        yield server


class Desk(Tab):
    """The accountant's or the administrator's browser, by what it sends."""

    def call(self, model, method, *args):
        """Press a button; return what it answers."""
        answer = self.http.post(
            f"{self.server.url}/web/dataset/call_button/{model}/{method}",
            json={
                "params": {
                    "model": model,
                    "method": method,
                    "args": list(args),
                    "kwargs": {"context": {"lang": "es_MX"}},
                }
            },
        ).json()
        assert "error" not in answer, answer["error"]["data"]["message"]
        return answer["result"]

    def open_preview(self, deposit_ids):
        """The id of the preview of some deposits."""
        ids = [int(deposit_id) for deposit_id in deposit_ids]
        return self.call("skydrop.deposit", "action_invoice", ids)["res_id"]

    def generate(self, preview_id):
        """What generating it answers."""
        return self.call("skydrop.invoice.deposits", "action_generate", [preview_id])


def test_portal_and_accountant_at_the_same_moment(two_workers):
    tab, desk = Tab(two_workers), Desk(two_workers, "contador")
    deposit_ids = tab.billable()
    won = {"portal": 0, "desk": 0}
    for number in range(min(ROUNDS, len(deposit_ids) // 3)):
        first, common, third = deposit_ids[3 * number : 3 * number + 3]
        form, preview = tab.preview([first, common]), desk.open_preview([common, third])
        with ThreadPoolExecutor(2) as pool:
            portal = pool.submit(tab.generate, form)
            backend = pool.submit(desk.generate, preview)
        page, action = portal.result(), backend.result()
        (invoice,) = invoices_of(two_workers, [common])
        if "/my/invoices/" in page.url:
            won["portal"] += 1
            assert f"/my/invoices/{invoice}" in page.url
            # The preview anew: of what is left, and it says which one is lost.
            assert action["res_id"] == preview
            notice = two_workers.sql(
                f"select notice from skydrop_invoice_deposits where id = {preview}"
            )
            assert "No se generó ninguna factura" in notice
            assert "ya no se pueden facturar" in notice
            assert invoices_of(two_workers, [third]) == []
        else:
            won["desk"] += 1
            assert action["res_id"] == int(invoice)
            assert "ya no se pueden facturar" in page.text
            assert invoices_of(two_workers, [first]) == []
        check_claims(two_workers)
    assert sum(won.values()) >= min(ROUNDS, 3), won


def test_ten_clicks_of_the_accountant_are_one_invoice(two_workers):
    desk = Desk(two_workers, "contador")
    deposit_ids = Tab(two_workers).billable()[-2:]
    preview = desk.open_preview(deposit_ids)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(desk.generate, [preview] * 10))
    (invoice,) = invoices_of(two_workers, deposit_ids)
    assert {answer["res_id"] for answer in answers} == {int(invoice)}
    check_claims(two_workers)


def test_the_same_choice_at_both_is_one_invoice(two_workers):
    tab, desk = Tab(two_workers), Desk(two_workers, "contador")
    deposit_ids = tab.billable()[-2:]
    form, preview = tab.preview(deposit_ids), desk.open_preview(deposit_ids)
    with ThreadPoolExecutor(2) as pool:
        portal = pool.submit(tab.generate, form)
        backend = pool.submit(desk.generate, preview)
    (invoice,) = invoices_of(two_workers, deposit_ids)
    assert f"/my/invoices/{invoice}" in portal.result().url
    assert backend.result()["res_id"] == int(invoice)


def test_nothing_is_left_that_disagrees(two_workers):
    answer = Desk(two_workers, "admin").call(
        "skydrop.deposit", "action_check_consistency"
    )
    assert answer["tag"] == "display_notification", answer
