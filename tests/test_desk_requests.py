"""The backend of requests, receivers, stamped files and automatic invoicing, as
support, accounting and an administrator see it, in a real browser."""

import base64
import re

import pytest
from conftest import Customer
from test_fiscal import call, stamped
from test_mail import wait_for_mail

REQUESTS = "/odoo/skydrop-requests"
UUID = "6F9619FF-8B86-D011-B42D-00CF4FC96477"


class Desk(Customer):
    """One of the staff at a desk."""

    def __init__(self, server, chromium, login):
        super().__init__(server, chromium, 1400)
        self.page.goto("/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click("form button[type=submit]")
        self.page.wait_for_selector(".o_main_navbar")

    def open(self, path, wait):
        """Open a page of the backend and wait for a part of it."""
        self.page.goto(path)
        self.page.wait_for_selector(wait)

    def press(self, text, wait=None):
        """Press a button of the form or the dialog, and wait until it is done."""
        self.page.get_by_role("button", name=text, exact=True).first.click()
        self.page.wait_for_load_state("networkidle")
        if wait:
            self.page.wait_for_selector(wait)

    def state(self):
        """The state that the status bar shows."""
        return self.page.locator(
            ".o_statusbar_status button.o_arrow_button_current"
        ).inner_text()


@pytest.fixture
def staff(live_server, chromium):
    """Sign somebody of the staff in; the windows are closed afterwards."""
    opened = []

    def sign_in(login):
        opened.append(Desk(live_server, chromium, login))
        return opened[-1]

    yield sign_in
    for desk in opened:
        desk.context.close()
        assert desk.console == []


def request_of(server, login):
    """Id of the demo request of a customer."""
    return server.sql(
        "select r.id from skydrop_change_request r"
        " join res_users u on u.id = r.user_id"
        f" where u.login = '{login}' order by r.id limit 1"
    )


def test_support_without_rights_in_accounting(staff, live_server):
    desk = staff("soporte")
    page = desk.page
    desk.open(REQUESTS, ".o_kanban_record")
    desk.screenshot("desk_requests_kanban")
    page.locator(".o_switch_view.o_list").click()
    page.wait_for_selector(".o_data_row")
    desk.screenshot("desk_requests_list")
    desk.open(f"{REQUESTS}/{request_of(live_server, 'cliente')}", ".o_form_view")
    assert desk.state() == "Recibida"
    desk.screenshot("desk_request_cancel")
    desk.press("Empezar", "button:has-text('Rechazar')")
    assert desk.state() == "En proceso"
    desk.press("Rechazar")
    page.get_by_text("Escribe por qué").wait_for()
    desk.screenshot("desk_request_reject_why")
