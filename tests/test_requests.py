"""Asking to edit, cancel and split an invoice, in a real browser at both widths."""

import json
import re
from urllib.parse import urlencode

from conftest import Customer
from test_flow import BILLING

INVOICES = "/my/movements/billing/invoices"
REQUEST = re.compile(r"SOL/\d{4}/\d{4}")


def new_invoice(customer, count=2):
    """Generate an invoice of the first deposits; return the path of its change page,
    without opening it."""
    # By hand this is another test's; here it is quick.
    http = customer.context.request
    found = re.findall(
        r'name="deposit_ids"[^>]*value="(\d+)"', http.get(BILLING).text()
    )
    fields = {"deposit_ids": found[:count]}
    preview = http.post(f"{BILLING}/preview", **form(fields)).text()
    for name in ("csrf_token", "fingerprint"):
        pattern = rf'name="{name}"\s+value="(\w+)"'
        found = re.search(pattern, preview)
        assert found, preview
        fields[name] = found.group(1)
    invoice = http.post(f"{BILLING}/generate", **form(fields)).url
    return f"{invoice[invoice.index('/my/') :].partition('?')[0]}/change"


def form(fields):
    """The arguments that post fields, several values each, as a form does."""
    return {
        "data": urlencode(fields, doseq=True),
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    }


def refused(customer, text):
    """Wait for the form to come back with a sentence."""
    customer.node("error").get_by_text(text).wait_for()
    # Which the browser writes down as a failure, rightly.
    assert all("400" in message for message in customer.console)
    customer.console.clear()


def sent_request(customer):
    """The number of the request that was just sent."""
    customer.page.wait_for_url("**/my/requests/*?sent=1")
    return REQUEST.search(customer.node("sent").inner_text()).group()


def test_edit(customer, tmp_path):
    page = customer.page
    customer.sign_in("cliente")
    path = new_invoice(customer)
    page.goto(path.removesuffix("/change"))
    page.get_by_role("link", name="Editar / Cancelar").click()
    page.wait_for_url(f"**{path}")
    customer.check_page("change_choice")
    page.get_by_role("link", name="Editar Corrige").click()
    customer.check_page("change_modify")
    preview = page.get_by_role("button", name="Ver vista previa")
    preview.click()
    refused(customer, "no se envió nada")
    page.fill("#o_skydrop_rfc", "CLU151308H76")
    page.fill("#o_skydrop_zip", "4411")
    preview.click()
    refused(customer, "cinco dígitos")
    marked = page.locator("[data-field]").evaluate_all(
        "nodes => nodes.map(node => node.dataset.field)"
    )
    assert marked == ["rfc", "zip"]
    customer.check_page("change_modify_wrong")
    page.fill("#o_skydrop_rfc", "CLU150408H76")
    page.fill("#o_skydrop_zip", "44110")
    preview.click()
    customer.node("corrected_preview").get_by_text("44110").wait_for()
    customer.check_page("change_modify_preview")
    picture = tmp_path / "constancia.png"
    page.screenshot(path=picture)
    page.get_by_label("Archivos (opcional)").set_input_files(picture)
    page.get_by_role("button", name="Enviar solicitud").click()
    number = sent_request(customer)
    assert customer.node("state").inner_text() == "Recibida"
    assert "44110" in customer.node("change_row").inner_text()
    customer.check_page("request_modify")
    mail = customer.server.mail_about(number)
    assert "Edición" in mail["Subject"]
    attachments = {
        part.get_filename(): part.get_payload(decode=True)
        for part in mail.iter_attachments()
    }
    assert attachments["constancia.png"] == picture.read_bytes()
    assert json.loads(attachments["solicitud.json"])["request"] == number
    assert any(content.startswith(b"%PDF") for content in attachments.values())
    page.get_by_label("Mensaje a soporte").fill("¿Cuándo estará?")
    page.get_by_role("button", name="Enviar mensaje").click()
    customer.node("message_sent").wait_for()
    page.get_by_text("Retirar la solicitud").click()
    customer.node("withdraw").click()
    page.locator("[data-skydrop=state]", has_text="Retirada").wait_for()
    customer.check_page("request_withdrawn")
    page.goto("/my/requests")
    assert number in page.inner_text("main")
    customer.check_page("requests")


def test_cancel(customer):
    page = customer.page
    customer.sign_in("cliente")
    path = new_invoice(customer, 1)
    page.goto(path)
    page.get_by_role("link", name="Cancelar La factura").click()
    customer.check_page("change_cancel")
    page.get_by_label("La operación no se realizó").check()
    page.get_by_label("Entiendo que la factura").check()
    page.get_by_role("button", name="Enviar solicitud").click()
    number = sent_request(customer)
    assert "Cancelación" in customer.server.mail_about(number)["Subject"]
    page.goto(path)
    assert number in page.inner_text("main")
    customer.node("existing").wait_for()
    page.goto(INVOICES)
    page.get_by_role("link", name=f"Solicitud {number}").wait_for()
    customer.check_page("invoices_request")


def test_split(customer):
    page = customer.page
    customer.sign_in("cliente")
    page.goto(new_invoice(customer))
    page.get_by_role("link", name="Dividir Varias").click()
    customer.check_page("change_split_start")
    page.get_by_label("Número de partes").fill("3")
    page.get_by_role("button", name="Continuar").click()
    rest = customer.node("rest")
    rest.get_by_text("Faltan $").wait_for()
    page.get_by_role("button", name="Partes iguales").click()
    rest.get_by_text("Las partes suman el total").wait_for()
    last = page.locator(".o_skydrop_part_amount").last
    amount = last.input_value()
    last.fill(f"{float(amount) - 0.01:.2f}")
    assert "Faltan $" in rest.inner_text()
    assert "0.01" in rest.inner_text()
    customer.check_page("change_split_parts")
    page.get_by_role("button", name="Ver vista previa").last.click()
    refused(customer, "0.01")
    page.locator(".o_skydrop_part_amount").last.fill(amount)
    page.get_by_role("button", name="Ver vista previa").last.click()
    customer.node("part_preview").wait_for()
    assert page.locator("[data-skydrop=part_preview]").count() == 3
    customer.check_page("change_split_preview")
    page.get_by_role("button", name="Enviar solicitud").click()
    number = sent_request(customer)
    customer.check_page("request_split")
    assert "División" in customer.server.mail_about(number)["Subject"]
    page.goto("/my")
    page.get_by_text("Solicitudes", exact=True).wait_for()


def test_fifty_parts_without_scripts(live_server, chromium):
    signed_in = Customer(live_server, chromium, 390)
    signed_in.sign_in("cliente")
    path = new_invoice(signed_in, 1)
    signed_in.page.goto(f"{path}?request_type=split&mode=amount&parts=50")
    signed_in.node("rest").get_by_text("Faltan $").wait_for()
    signed_in.check_page("change_split_fifty")
    state = signed_in.context.storage_state()
    signed_in.context.close()
    context = chromium.new_context(
        base_url=live_server.url,
        java_script_enabled=False,
        storage_state=state,
        locale="es-MX",
    )
    page = context.new_page()
    page.goto(f"{path}?request_type=split&mode=amount&parts=50")
    page.get_by_role("button", name="Partes iguales").click()
    page.get_by_role("button", name="Ver vista previa").last.click()
    parts = page.locator("[data-skydrop=part_preview]")
    parts.nth(49).wait_for()
    assert parts.count() == 50
    page.get_by_role("button", name="Enviar solicitud").click()
    rows = page.locator("[data-skydrop=change_row]")
    rows.nth(49).wait_for()
    assert rows.count() == 50
    context.close()
