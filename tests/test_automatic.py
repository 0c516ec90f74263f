"""Automatic invoicing: its page in a real browser, its job killed and doubled."""

AUTOMATIC = "/my/movements/billing/automatic"


def test_page(customer):
    page = customer.page
    customer.sign_in("cliente")
    page.goto("/my/movements/billing")
    page.get_by_role("link", name="Facturación automática").click()
    page.wait_for_url(f"**{AUTOMATIC}")
    page.get_by_label("Apagada").check()
    page.get_by_role("button", name="Guardar").click()
    page.wait_for_url("**saved=off")
    customer.check_page("automatic_off")
    page.get_by_label("Por periodo").check()
    page.get_by_label("Duración del periodo").select_option(label="Cada 15 días")
    pending = customer.node("pending")
    if pending.count():
        pending.click()
    page.get_by_role("button", name="Guardar").click()
    page.wait_for_url("**saved=on")
    assert "Se genera el" in customer.node("next").inner_text()
    assert "hasta hoy" in customer.node("next").inner_text()
    customer.check_page("automatic_on")
    page.get_by_role("link", name="Ver vista previa").click()
    page.wait_for_url("**/automatic/preview")
    customer.check_page("automatic_preview")
    page.get_by_role("link", name="Volver").click()
    page.wait_for_url(f"**{AUTOMATIC}")
    customer.server.sql(
        "update skydrop_auto_billing set last_error = 'Falta el RFC.',"
        " last_error_code = 'receiver', failure_count = 1, retry_date = null"
    )
    page.reload()
    assert "Falta el RFC." in customer.node("error").inner_text()
    customer.check_page("automatic_problem")
    page.get_by_role("button", name="Reintentar").click()
    page.wait_for_url("**saved=retry")
    assert not customer.node("error").count()
