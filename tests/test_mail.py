"""Mail that really leaves Odoo, read at the SMTP server."""

import email
import email.policy
import time

LIMIT = 60  # seconds for the queue to send


def wait_for_mail(server, count=1):
    """The mails that reached the sink, parsed, oldest first."""
    limit = time.monotonic() + LIMIT
    while time.monotonic() < limit:
        files = sorted(server.mails.glob("*.eml"))
        if len(files) >= count:
            return [
                email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                for file in files
            ]
        time.sleep(0.2)
    raise AssertionError(f"no mail within {LIMIT} s")


def test_customer_mails_an_invoice(customer):
    for file in customer.server.mails.glob("*.eml"):
        file.unlink()
    page = customer.page
    customer.sign_in("cliente")
    page.goto("/my/movements/billing/invoices")
    link = page.locator("[data-skydrop=invoice] a strong").last
    number = link.inner_text()
    link.click()
    page.get_by_text("Enviar por correo").click()
    page.get_by_label("Correo electrónico").fill("caja@example.com")
    # The discussion below the invoice comes later, with a button of the same name.
    form = page.locator("form[action$='/send']")
    form.get_by_role("button", name="Enviar", exact=True).click()
    customer.node("mailed").wait_for()
    customer.screenshot("invoice_mailed")
    (mail,) = wait_for_mail(customer.server)
    assert mail["X-Envelope-To"] == "caja@example.com"
    assert mail["To"] == "caja@example.com"
    assert mail["Subject"] == f"Factura {number} de Skydrop Demostración"
    # Beside it, the files of a CFDI that somebody attached.
    attachments = {file.get_filename(): file for file in mail.iter_attachments()}
    pdf = attachments[number.replace("/", "_") + ".pdf"]
    assert pdf.get_content().startswith(b"%PDF")
