"""Mail that really leaves Odoo, read at the SMTP server."""


def test_customer_mails_an_invoice(customer):
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
    mail = customer.server.mail_about(f"Factura {number}")
    assert mail["X-Envelope-To"] == "caja@example.com"
    assert mail["To"] == "caja@example.com"
    assert mail["Subject"] == f"Factura {number} de Skydrop Demostración"
    # Beside it, the files of a CFDI that somebody attached.
    attachments = {file.get_filename(): file for file in mail.iter_attachments()}
    pdf = attachments[number.replace("/", "_") + ".pdf"]
    assert pdf.get_content().startswith(b"%PDF")
