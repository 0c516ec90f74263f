"""The accountant's deposits in a real browser, from the list to an invoice."""

import re

import pytest
from conftest import Customer

DEPOSITS = "/odoo/skydrop-deposits"


@pytest.fixture
def accountant(live_server, chromium):
    """The accountant at a desk."""
    somebody = Customer(live_server, chromium, 1400)
    somebody.page.goto(f"/web/login?redirect={DEPOSITS}")
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
    assert "Vista previa: esta factura aún no existe" in paper.inner_text()
    # What is chosen is in the preview at once.
    dialog.get_by_label("Nota").fill("Orden de compra 4711")
    dialog.get_by_label("Nota").blur()
    paper.get_by_text("Orden de compra 4711").wait_for()
    # Corrected for this invoice alone.
    dialog.locator("[name=zip] input").fill("06600")
    dialog.locator("[name=zip] input").blur()
    paper.get_by_text("06600").wait_for()
    dialog.locator("[name=save_receiver] input").uncheck()
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
    dialog.get_by_role("button", name="Omitir esta factura").wait_for()
    accountant.screenshot("desk_invoice_many")
    assert "Falta el RFC" in dialog.inner_text()
    assert not dialog.get_by_role("button", name="Generar factura").count()
    dialog.get_by_role("button", name="Omitir esta factura").click()
    dialog.locator("[data-skydrop=receiver]", has_text="LUNA").wait_for()
    # An invoiced deposit: its buttons, and nothing that can be changed.
    page.goto(DEPOSITS)
    page.locator(".o_searchview_facet .o_facet_remove").first.wait_for()
    while page.locator(".o_searchview_facet .o_facet_remove").count():
        page.locator(".o_searchview_facet .o_facet_remove").first.click()
        page.wait_for_timeout(300)
    page.locator(".o_searchview_input").fill("REC-11258")
    page.locator(".o_searchview_input").press("Enter")
    page.locator(".o_data_row", has_text="REC-11258").locator("[name=name]").click()
    page.locator(".o_stat_text", has_text="Pago").wait_for()
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


def test_payments_of_a_journal_become_deposits(live_server, chromium):
    """The administrator switches it on, in the settings."""
    admin = Customer(live_server, chromium, 1400)
    page = admin.page
    page.goto("/web/login?redirect=/odoo/skydrop-settings")
    page.fill("input[name=login]", "admin")
    page.fill("input[name=password]", "admin")
    page.click("form button[type=submit]")
    page.get_by_label("Depósitos desde pagos").check()
    journals = page.locator("[name=skydrop_payment_journal_ids] input")
    journals.fill("Banco")
    page.locator(".o-autocomplete--dropdown-item").first.click()
    page.locator("#skydrop_ledger_help").scroll_into_view_if_needed()
    admin.screenshot("desk_settings_payments")
    # The settings are saved with a page of their own.
    with page.expect_response("**/res.config.settings/execute"):
        page.get_by_role("button", name="Guardar").click()
    assert live_server.sql(
        "select c.skydrop_payment_deposits, j.type from res_company c"
        " join skydrop_payment_journal_rel r on r.res_company_id = c.id"
        " join account_journal j on j.id = r.account_journal_id"
    ).split("|") in (["t", "bank"], ["true", "bank"])
    live_server.sql("update res_company set skydrop_payment_deposits = false")
    admin.context.close()
    assert admin.console == []
