"""Somebody who asks for too much is told to wait, and goes on with the ticks kept."""

import re

import pytest
from conftest import Customer
from test_concurrency import BILLING

LOGIN = "cliente"
ENOUGH = 30  # estimates of one size


@pytest.fixture
def impatient(live_server, chromium):
    """A customer at a desk, whose browser complains about answers 429."""
    somebody = Customer(live_server, chromium, 1400)
    yield somebody
    somebody.context.close()


def test_wait_and_go_on(impatient):
    page = impatient.page
    impatient.sign_in(LOGIN)
    page.goto(BILLING)
    page.locator("input[name=deposit_ids]").first.check()
    page.get_by_role("button", name="Ver vista previa").first.click()
    page.wait_for_url("**/preview?choice=*")
    total = impatient.node("total").inner_text()

    spend_all(impatient)
    assert page.reload().status == 429
    assert "Espera un momento" in impatient.node("error").inner_text()
    seconds = int(re.search(r"\d+", impatient.node("seconds").inner_text()).group())
    assert 0 < seconds < 20
    impatient.check_page("wait")
    impatient.width = 390
    page.set_viewport_size({"width": 390, "height": 844})
    impatient.check_page("wait")
    button = page.get_by_role("link", name="Continuar")
    assert button.bounding_box()["height"] >= 44
    page.wait_for_timeout(1000 * seconds)
    button.click()
    page.wait_for_url("**/preview?choice=*")
    assert impatient.node("total").inner_text() == total


def spend_all(customer):
    """Ask for estimates, large ones then small ones, until one is refused."""
    for count in (10_000, 2_500, 250):
        statuses = (ask(customer, count) for _number in range(ENOUGH))
        assert 429 in statuses, "nothing is refused"


def ask(customer, count):
    """Ask for an estimate of so many deposits; return the status of the answer."""
    answer = customer.context.request.post(
        f"{BILLING}/estimate",
        data={"params": {"deposit_ids": list(range(1, count + 1))}},
    )
    return answer.status
