"""Fiscal data in a real browser: from a wrong RFC to both files of the stamped CFDI."""

import base64
import json
import time
import urllib.request

import pytest
from conftest import Customer
from pypdf import PdfReader
from test_flow import BILLING, open_billing, tick

UUIDS = {
    1400: "6F9619FF-8B86-D011-B42D-00CF4FC96401",
    390: "6F9619FF-8B86-D011-B42D-00CF4FC96402",
}


def call(server, login, model, method, *args, **kwargs):
    """Call a method over RPC, as people's programs do."""

    def rpc(service, name, *params):
        request = urllib.request.Request(
            f"{server.url}/jsonrpc",
            json.dumps(
                {
                    "jsonrpc": "2.0",
                    "method": "call",
                    "params": {"service": service, "method": name, "args": params},
                }
            ).encode(),
            {"Content-Type": "application/json"},
        )
        answer = json.load(urllib.request.urlopen(request, timeout=60))
        assert "error" not in answer, answer["error"]["data"]["message"]
        return answer["result"]

    uid = rpc("common", "authenticate", server.db, login, login, {})
    return rpc(
        "object", "execute_kw", server.db, uid, login, model, method, args, kwargs
    )


def stamped(server, invoice_id, uuid):
    """The XML that somebody's stamping service would answer for an invoice."""
    row = server.sql(
        "SELECT partner.vat, move.skydrop_rfc, move.amount_total FROM account_move move"
        " JOIN res_company company ON company.id = move.company_id"
        " JOIN res_partner partner ON partner.id = company.partner_id"
        f" WHERE move.id = {invoice_id}"
    )
    issuer, receiver, total = row.split("|")
    return (
        '<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" Version="4.0"'
        f' Total="{float(total):.2f}" Moneda="MXN" TipoDeComprobante="I">'
        f'<cfdi:Emisor Rfc="{issuer}"/><cfdi:Receptor Rfc="{receiver}"/>'
        "<cfdi:Complemento><t:TimbreFiscalDigital"
        ' xmlns:t="http://www.sat.gob.mx/TimbreFiscalDigital"'
        f' Version="1.1" UUID="{uuid}"/></cfdi:Complemento></cfdi:Comprobante>'
    ).encode()


def test_from_a_wrong_rfc_to_the_stamped_files(customer, live_server, tmp_path):
    page = customer.page
    customer.sign_in("persona")
    open_billing(customer)
    tick(customer, 0)
    page.locator(".o_skydrop_preview").click()
    page.wait_for_url("**/preview?choice=*")
    page.locator(".o_skydrop_corrections summary").click()
    customer.check_page("preview_corrections")
    page.fill("#o_skydrop_rfc", "RASJ8513143KA")
    page.get_by_role("button", name="Ver la vista previa corregida").click()
    page.wait_for_selector("[data-field=rfc]")
    assert "fecha" in page.locator("[data-field=rfc]").inner_text()
    assert customer.node("generate").count() == 0
    customer.check_page("preview_wrong_rfc")

    page.fill("#o_skydrop_rfc", "RASJ8506143KA")
    page.fill("#o_skydrop_zip", "64010")
    page.get_by_label("Solo esta factura").check()
    page.get_by_role("button", name="Ver la vista previa corregida").click()
    page.wait_for_selector("[data-skydrop=generate]")
    assert "64010" in page.locator(".o_skydrop_paper").inner_text()
    customer.check_page("preview_corrected")
    customer.node("generate").click()
    page.wait_for_url("**/my/invoices/*")
    assert "CFDI pendiente de timbrar — lo encontrarás" in page.inner_text("main")
    with page.expect_download() as download:
        page.locator(".o_download_btn").click()
    path = tmp_path / "invoice.pdf"
    download.value.save_as(path)
    text = " ".join(PdfReader(path).pages[0].extract_text().split())
    assert "RASJ8506143KA" in text and "64010" in text

    invoice_id = int(page.url.split("/my/invoices/")[1].split("?")[0])
    uuid = UUIDS[customer.width]
    xml = stamped(live_server, invoice_id, uuid)
    pdf = path.read_bytes()
    call(
        live_server,
        "contador",
        "account.move",
        "skydrop_attach_cfdi",
        [invoice_id],
        xml=base64.b64encode(xml).decode(),
        pdf=base64.b64encode(pdf).decode(),
    )
    page.reload()
    assert customer.node("uuid").inner_text() == uuid
    customer.screenshot("invoice_stamped")
    links = page.locator("[data-skydrop=file]")
    assert links.count() == 2
    for position, content in enumerate((xml, pdf)):
        with page.expect_download() as download:
            links.nth(position).click()
        assert download.value.path().read_bytes() == content


def test_receivers(customer):
    page = customer.page
    customer.sign_in("dolares")
    page.goto(f"{BILLING}/receivers")
    before = page.locator("[data-skydrop=receiver]").count()
    page.get_by_role("link", name="Agregar receptor").click()
    page.fill("#o_skydrop_rfc", "rasj8506143ka")
    page.wait_for_selector(
        "#o_skydrop_fiscal_regime option[value='601'][hidden]", state="attached"
    )
    visible = page.locator("#o_skydrop_fiscal_regime option:not([hidden])")
    assert "605" in visible.all_inner_texts()[1]
    page.fill("#o_skydrop_legal_name", f"Jorge Ramirez {customer.width}")
    page.fill("#o_skydrop_zip", "64000")
    page.select_option("#o_skydrop_fiscal_regime", "605")
    assert page.input_value("#o_skydrop_cfdi_use") == "S01"
    customer.check_page("receiver_new")
    if customer.width < 500:
        # One screen, up to the button.
        assert (
            page.evaluate(
                "document.querySelector('.o_skydrop_fiscal_fields').getBoundingClientRect().height"
            )
            < 844
        )
    page.get_by_role("button", name="Guardar").click()
    page.wait_for_url("**/receivers")
    assert page.locator("[data-skydrop=receiver]").count() == before + 1
    customer.check_page("receivers")


@pytest.fixture
def newcomer(live_server, chromium):
    """A first-time customer with a phone."""
    somebody = Customer(live_server, chromium, 390)
    yield somebody
    somebody.context.close()
    # Other tests meet this customer for the first time too.
    live_server.sql(
        "UPDATE res_partner SET vat = NULL, zip = NULL, skydrop_legal_name = NULL,"
        " skydrop_fiscal_regime = NULL, skydrop_cfdi_use = NULL"
        " WHERE email = 'sinrfc@example.com'"
    )


def test_first_time_customer_is_quick(newcomer):
    """At most 6 fields and 90 seconds from the home page to the first PDF."""
    page = newcomer.page
    newcomer.sign_in("sinrfc")
    start = time.monotonic()
    page.goto(BILLING)
    page.wait_for_selector(".o_skydrop_all:not(.d-none)")
    newcomer.check_page("billing_first_form")
    page.fill("#o_skydrop_rfc", "AVA150408H70")
    page.fill("#o_skydrop_legal_name", "Artesanías del Valle, S. de R.L. de C.V.")
    page.fill("#o_skydrop_zip", "68000")
    page.select_option("#o_skydrop_fiscal_regime", "626")
    page.get_by_role("button", name="Guardar y continuar").click()
    page.wait_for_selector("[data-field=rfc]")
    assert "S. DE R.L. DE C.V." in newcomer.node("notice").inner_text()
    newcomer.check_page("receiver_check_digit")
    page.get_by_label("Sí, AVA150408H70 es correcto").check()
    page.get_by_role("button", name="Guardar", exact=True).click()
    page.wait_for_url("**/billing?saved=1")
    newcomer.check_page("billing_first_saved")
    page.wait_for_selector(".o_skydrop_all:not(.d-none)")
    tick(newcomer, 0)
    page.locator(".o_skydrop_preview").click()
    newcomer.node("generate").click()
    with page.expect_download() as download:
        page.locator(".o_download_btn").click()
    assert download.value.path().stat().st_size > 10_000
    assert time.monotonic() - start <= 90
    assert newcomer.console == []
