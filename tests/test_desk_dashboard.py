"""The accountant's and the administrator's pages in a real browser."""

import pytest
from conftest import Customer


@pytest.fixture
def desk(live_server, chromium):
    """Somebody of the staff, at a desk."""
    somebody = Customer(live_server, chromium, 1400)
    yield somebody
    somebody.context.close()
    assert somebody.console == []


def _open(desk, login, path):
    """Sign in, and land on the page at once."""
    page = desk.page
    desk.sign_in(login, f"/odoo/{path}")
    page.wait_for_selector(".o_action .o_view_controller, .o_action .o_content")
    return page


def test_dashboard(desk):
    desk.server.sql(
        "with message as (insert into mail_message"
        " (model, res_id, subject, message_type, date)"
        " select 'account.move', min(move_id), 'Tu factura', 'email', now()"
        " from account_move_line where skydrop_deposit_id is not null returning id)"
        " insert into mail_mail (mail_message_id, state, email_to, failure_reason)"
        " select id, 'exception', 'luna@example.com', '550 No existe' from message"
    )
    page = _open(desk, "contador", "skydrop-dashboard")
    page.wait_for_selector(".o_skydrop_months_graph canvas")
    desk.screenshot("desk_dashboard")
    figures = page.locator(".o_skydrop_figure")
    assert figures.count() >= 8
    amount = figures.filter(has_text="Por facturar en total").locator("strong")
    total = amount.inner_text()
    # The sum of the list behind the click is the figure.
    amount.click()
    page.wait_for_selector(".o_list_view tfoot")
    desk.screenshot("desk_dashboard_to_invoice")
    assert page.locator(".o_breadcrumb").inner_text().count("Por facturar")
    assert total.strip("$ \xa0") != "0.00"
    page.go_back()
    page.wait_for_selector(".o_skydrop_figure")
    for text, model in (
        ("Reglas con problema", "Reglas con problema"),
        ("Solicitudes abiertas", "Solicitudes abiertas"),
        ("Correos sin entregar", "Correos sin entregar"),
    ):
        page.locator(".o_skydrop_figure").filter(has_text=text).click()
        page.wait_for_selector(".o_list_view, .o_kanban_view:not(.o_skydrop_dashboard)")
        assert model in page.locator(".o_breadcrumb").inner_text()
        if text == "Correos sin entregar":
            page.locator(".o_data_row", has_text="550 No existe").wait_for()
            desk.screenshot("desk_undelivered_mails")
        page.go_back()
        page.wait_for_selector(".o_skydrop_figure")


def test_reconciliation(desk):
    page = _open(desk, "contador", "skydrop-reconciliation")
    page.wait_for_selector(".o_pivot table")
    desk.screenshot("desk_reconciliation_pivot")
    page.locator("button.o_switch_view.o_graph").click()
    page.wait_for_selector(".o_graph_view canvas")
    page.locator("button.o_switch_view.o_list").click()
    page.wait_for_selector(".o_list_view")
    desk.screenshot("desk_reconciliation_list")
    page.get_by_role("button", name="Reportes").click()
    page.get_by_role("menuitem", name="Conciliación en archivo").click()
    page.wait_for_selector(".modal .o_form_view")
    desk.screenshot("desk_reconciliation_file")
    with page.expect_download() as download:
        page.get_by_role("button", name="Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    with page.expect_download() as download:
        page.locator(".modal").get_by_role("button", name="PDF").click()
    path = download.value.path()
    assert path.read_bytes().startswith(b"%PDF")


def test_guided_set_up(desk):
    page = _open(desk, "admin", "skydrop-dashboard")
    page.locator("button[name=action_open_set_up]").click()
    page.wait_for_selector(".o_skydrop_sentence")
    desk.screenshot("desk_set_up")
    checks = page.locator(".o_kanban_record:not(.o_kanban_ghost)")
    assert checks.count() == 8
    support = checks.first
    assert "hola@skydropx.com" in support.inner_text()
    support.get_by_role("button", name="Confirmar o cambiar").click()
    page.wait_for_selector(".modal .o_form_view")
    desk.screenshot("desk_set_up_support")
    page.locator(".modal").get_by_role("button", name="Confirmar").click()
    page.wait_for_selector(".modal", state="detached")
    page.get_by_text("hola@skydropx.com, confirmada").wait_for()
    with page.expect_download() as download:
        checks.last.get_by_role("button", name="Ver una factura de ejemplo").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")
    desk.server.sql("update res_company set skydrop_support_email_confirmed = null")


def test_customer_buttons(desk):
    partner = desk.server.sql(
        "select commercial_partner_id from skydrop_deposit"
        " group by 1 order by count(*) desc limit 1"
    ).strip()
    page = _open(desk, "admin", f"res.partner/{partner}")
    page.wait_for_selector(".o_form_view")
    desk.screenshot("desk_customer")
    page.locator("button[name=action_skydrop_deposits]").click()
    page.wait_for_selector(".o_list_view")


def test_month_limit(customer):
    page = customer.page
    customer.sign_in("cliente")
    customer.server.sql("update res_company set skydrop_billing_limit = 'month'")
    try:
        page.goto("/my/movements/billing")
        assert "para facturar" in customer.node("deadline").inner_text()
        assert "El plazo para facturar" in customer.node("late").inner_text()
        customer.check_page("billing_limit")
        page.goto("/my/movements")
        customer.check_page("movements_limit")
    finally:
        customer.server.sql("update res_company set skydrop_billing_limit = 'none'")
