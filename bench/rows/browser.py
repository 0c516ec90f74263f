"""What a customer with a browser waits for after a tick."""

import os

from playwright.sync_api import sync_playwright

from ..measure import Sample
from ..server import Server
from ..table import Bar, Row
from ..workbench import Workbench

DEPOSITS = 50
WARM_UP = 3
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
# Clicks a tick, and tells after how many milliseconds a frame showed the new count,
# and one the new figures.
CLICK = """
position => new Promise(resolve => {
    const tick = document.querySelectorAll(".o_skydrop_tick")[position];
    const text = name => document.querySelector(`[data-skydrop=${name}]`).textContent;
    const figures = document.querySelector(".o_skydrop_card_figures");
    const before = {count: text("count"), total: text("total")};
    const answer = {};
    const started = performance.now();
    tick.click();
    const look = () => {
        const passed = performance.now() - started;
        if (!answer.count && text("count") !== before.count && tick.checked) {
            answer.count = passed;
        }
        if (text("total") !== before.total && figures.ariaBusy === "false") {
            answer.figures = passed;
            resolve(answer);
        } else {
            requestAnimationFrame(look);
        }
    };
    requestAnimationFrame(look);
})
"""


def measure(variant):
    """Ticks, one after the other."""
    with Workbench("browser") as bench:
        customer = bench.customers(1)
        bench.portal_user("uno", customer)
        bench.deposits(customer, DEPOSITS)
        bench.vacuum()
        with Server(bench) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ["SKYDROP_CHROMIUM"], args=list(OPTIONS)
            )
            page = browser.new_page(base_url=server.url)
            _open_billing(page)
            clicks = [
                page.evaluate(CLICK, position)
                for position in range(min(DEPOSITS, variant.clicks + WARM_UP))
            ]
            browser.close()
    return [
        Row(
            f"browser: tick until {words}",
            [Sample(click[name] / 1000) for click in clicks[WARM_UP:]],
            bars=[Bar("ms", limit)],
        )
        for name, words, limit in (
            ("count", "row and count", 100),
            ("figures", "figures", 600),
        )
    ]


def _open_billing(page):
    page.goto("/web/login?redirect=/my/movements/billing")
    page.fill("input[name=login]", "uno")
    page.fill("input[name=password]", "uno")
    page.click("form button[type=submit]")
    # Before that the page is a plain form.
    page.wait_for_selector(".o_skydrop_all:not(.d-none)")
