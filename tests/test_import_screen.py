"""A file of deposits through Odoo's import screen, in a real browser."""

from conftest import Customer
from test_api import CUSTOMER_REF, name_customer

HEAD = "reference,partner_id,amount,currency_id,date,origin,payment_form"
LIST = "/odoo/action-skydrop_facturacion.skydrop_deposit_action"


def row(reference, amount="1160.50"):
    return f"{reference},{CUSTOMER_REF},{amount},MXN,2026-03-10 18:30:00,payment,03"


def load_file(page, tmp_path, *lines):
    """Open the import screen from the list, with a file of these lines."""
    path = tmp_path / "deposits.csv"
    path.write_text("\n".join([HEAD, *lines]))
    page.goto(LIST)
    page.locator(".o_cp_action_menus button").first.click()
    page.get_by_role("menuitem", name="Importar registros").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Subir archivo de datos").click()
    chooser.value.set_files(path)
    page.get_by_role("button", name="Importar", exact=True).wait_for()


def test_file_is_imported_and_what_is_wrong_is_named(live_server, chromium, tmp_path):
    name_customer(live_server)
    accountant = Customer(live_server, chromium, 1400)
    page = accountant.page
    accountant.sign_in("contador")
    load_file(page, tmp_path, row("SCREEN-1"), row("SCREEN-2", amount="0"))
    page.get_by_role("button", name="Probar").click()
    page.get_by_text("Referencia SCREEN-2:").wait_for()
    accountant.screenshot("import_wrong")
    load_file(page, tmp_path, row("SCREEN-1"), row("SCREEN-2"))
    page.get_by_role("button", name="Importar", exact=True).click()
    page.get_by_text("Registros importados", exact=True).wait_for()
    for reference in ("SCREEN-1", "SCREEN-2"):
        page.get_by_role("cell", name=reference, exact=True).wait_for()
    accountant.screenshot("import_done")
    accountant.context.close()
