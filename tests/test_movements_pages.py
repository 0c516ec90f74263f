"""Movements and the statement of deposits, in a real browser at both widths."""

import re

import pypdfium2
from devenv.paths import SCREENSHOTS
from pypdf import PdfReader

MOVEMENTS = "/my/movements"


def rows(customer):
    """Kind and name of each row of the list."""
    return [
        (row.get_attribute("data-skydrop"), row.locator("strong").first.inner_text())
        for row in customer.page.locator(".o_skydrop_rows > li").all()
    ]


def search(customer, text):
    """Search for a text; return the rows that are left."""
    form = customer.page.get_by_role("search")
    if not form.is_visible():
        customer.page.locator(".o_portal_navbar .navbar-toggler").click()
    form.locator("input[name=search]").fill(text)
    form.get_by_role("button", name="Buscar").click()
    customer.page.wait_for_url("**search=*")
    return rows(customer)


def draw(path, name):
    """Keep a picture of each sheet of a PDF, for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    document = pypdfium2.PdfDocument(path)
    for number, sheet in enumerate(document, start=1):
        picture = sheet.render(scale=1.5).to_pil()
        picture.save(SCREENSHOTS / f"{name}_{number}.png")
    document.close()


def test_list_found_and_turned(customer):
    page = customer.page
    customer.sign_in("cliente")
    page.goto(MOVEMENTS)
    assert {kind for kind, _name in rows(customer)} == {"deposit", "invoice"}
    assert len(rows(customer)) == 25
    customer.check_page("movements_list")
    if page.locator(".navbar-toggler").is_visible():
        page.locator(".navbar-toggler").click()
        page.wait_for_selector("#o_portal_navbar_content.show")
        customer.check_page("movements_search_bar")
    page.locator("#portal_searchbar_filters").click()
    customer.check_page("movements_filters")
    page.get_by_role("link", name="No facturable").click()
    page.wait_for_url("**filterby=not_billable*")
    assert rows(customer)
    assert "No facturable" in page.locator(".o_skydrop_rows").inner_text()

    page.goto(f"{MOVEMENTS}?sortby=oldest")
    first = rows(customer)
    page.locator(".pagination a", has_text="2").first.click()
    page.wait_for_url("**/page/2?**sortby=oldest**")
    assert rows(customer)
    assert not set(first) & set(rows(customer))

    assert search(customer, "REC-10037") == [("deposit", "REC-10037")]
    customer.check_page("movements_found")
    assert search(customer, "1,800.00")[-1] == ("deposit", "REC-10074")
    assert search(customer, "nada de esto") == []
    customer.check_page("movements_not_found")
    page.get_by_role("link", name="Ver todos los movimientos").click()
    page.wait_for_selector(".o_skydrop_rows > li")
    assert len(rows(customer)) == 25


def test_from_the_list_to_an_invoice(customer):
    page = customer.page
    customer.sign_in("cliente")
    page.goto(f"{MOVEMENTS}?filterby=invoices")
    (kind, number) = rows(customer)[0]
    assert kind == "invoice"
    page.get_by_role("link", name=number).click()
    page.wait_for_url("**/my/invoices/*")
    assert number in page.inner_text("main")


def test_everything_works_without_scripts(customer, chromium):
    context = chromium.new_context(
        base_url=customer.server.url,
        viewport={"width": customer.width, "height": 900},
        java_script_enabled=False,
        storage_state=_signed_in(customer),
        locale="es-MX",
    )
    page = context.new_page()
    page.goto(MOVEMENTS)
    page.screenshot(
        path=SCREENSHOTS / f"movements_no_scripts_{customer.width}.png", full_page=True
    )
    page.get_by_role("link", name="Importe", exact=True).click()
    page.wait_for_url("**sortby=amount*")
    page.get_by_role("link", name="Facturas", exact=True).click()
    page.wait_for_url("**filterby=invoices*")
    page.locator("input[name=search]").fill("INV")
    page.get_by_role("search").get_by_role("button").click()
    page.wait_for_url("**search=INV*")
    assert "sortby=amount" in page.url
    assert "filterby=invoices" in page.url
    assert page.locator("[data-skydrop=invoice]").count()
    page.locator("summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Descargar").click()
    assert download.value.suggested_filename.endswith(".pdf")
    context.close()


def _signed_in(customer):
    """The cookies of the demo customer."""
    customer.sign_in("cliente")
    return customer.context.storage_state()


def test_statement(customer, tmp_path):
    page = customer.page
    customer.sign_in("cliente")
    page.goto(MOVEMENTS)
    page.locator("summary", has_text="Estado de depósitos").click()
    customer.check_page("movements_statement")
    box = page.get_by_role("button", name="Descargar").bounding_box()
    assert box["height"] >= 44
    page.get_by_label("Desde").fill("2026-01-01")
    page.get_by_label("Hasta").fill("2026-12-31")
    with page.expect_download() as download:
        page.get_by_role("button", name="Descargar").click()
    assert re.match(r"Estado de depósitos", download.value.suggested_filename)
    path = tmp_path / "statement.pdf"
    download.value.save_as(path)
    draw(path, "statement")
    sheets = [" ".join(sheet.extract_text().split()) for sheet in PdfReader(path).pages]
    for number, text in enumerate(sheets, start=1):
        assert f"Página {number} de {len(sheets)}" in text
        assert "Por facturar" in text
    text = " ".join(sheets)
    for expected in (
        "Estado de depósitos",
        "COMERCIALIZADORA LUNA",
        "1 de enero de 2026",
        "REC-10037",
        "31/01/2026",
        "Total",
    ):
        assert expected in text


def test_statement_with_wrong_dates(customer):
    page = customer.page
    customer.sign_in("cliente")
    page.goto(f"{MOVEMENTS}/statement?date_from=2026-02-01&date_to=2026-01-01")
    assert "no puede ser posterior" in customer.node("error").inner_text()
    assert page.get_by_label("Desde").input_value() == "2026-02-01"
    customer.check_page("statement_wrong_dates")
    assert all("400" in message for message in customer.console)
    customer.console.clear()
    page.get_by_role("link", name="Volver a movimientos").click()
    page.wait_for_url(f"**{MOVEMENTS}")
