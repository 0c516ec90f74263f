"""The seams, used by a small addon that plays one that stamps: a field more, an issue
more, a file more, and the customer sees all three."""

import html
import json
import re

import pytest
from conftest import LiveServer
from devenv.paths import ROOT
from test_concurrency import BILLING, Tab
from test_requests import REQUEST

EMAIL = "cfdi@luna.mx"


@pytest.fixture(scope="module")
def server(dev_environment):
    """A server that installs the addon of ``tests/addons`` as it starts."""
    folders = [ROOT, ROOT / "tests/addons", dev_environment.odoo.addons_folder()]
    path = ",".join(str(folder) for folder in folders if folder)
    options = ["--addons-path", path, "-i", "skydrop_cfdi_stub"]
    with LiveServer(dev_environment, "seams", options) as live:
        yield live


def nodes(page, name):
    """The texts of the nodes that carry ``data-skydrop`` of this name."""
    found = re.findall(rf'data-skydrop="{name}"[^>]*>(.*?)</', page.text, re.S)
    return [" ".join(re.sub(r"<[^>]*>", "", text).split()) for text in found]


def set_email(server, value):
    """Give the customers what the addon wants."""
    server.sql(
        f"update res_partner set stub_cfdi_email = {value} where vat is not null"
    )


def test_demo_data_mail_nobody(server):
    assert server.sql("select count(*) from skydrop_change_request") == "2"
    assert server.sql("select count(*) from mail_mail") == "0"


def test_field_issue_and_file(server):
    tab = Tab(server, "persona")
    deposit_ids = tab.billable()[:2]
    page = tab.post(f"{BILLING}/preview", deposit_ids=deposit_ids)
    assert "Falta el correo para el CFDI." in page.text
    assert 'data-skydrop="generate"' not in page.text
    # The same verdict without the page, and nothing is made.
    form = tab.preview(deposit_ids)
    answer = tab.generate(form)
    assert "Falta el correo para el CFDI." in answer.text
    invoiced = (
        f"select amount_invoiced from skydrop_deposit where id = {deposit_ids[0]}"
    )
    assert float(server.sql(invoiced)) == 0

    set_email(server, f"'{EMAIL}'")
    page = tab.post(f"{BILLING}/preview", deposit_ids=deposit_ids)
    assert nodes(page, "cfdi_email") == [EMAIL]
    answer = tab.generate(tab.preview(deposit_ids))
    (invoice,) = re.findall(r"/my/invoices/(\d+)", answer.url)
    # Frozen: what the customer writes later is of later invoices.
    set_email(server, "'otro@luna.mx'")
    page = tab.get(f"/my/invoices/{invoice}?report_type=html")
    assert nodes(page, "cfdi_email") == [EMAIL]
    page = tab.get(f"/my/invoices/{invoice}")
    links = re.findall(r'data-skydrop="file"\s+href="([^"]+)"', page.text)
    assert len(links) == 1
    file = tab.get(html.unescape(links[0]))
    number = server.sql(f"select name from account_move where id = {invoice}")
    assert file.content.decode() == f"{number}\n{EMAIL}\n"
    assert number.replace("/", "_") in file.headers["Content-Disposition"]


def test_requests_know_the_field(server):
    set_email(server, f"'{EMAIL}'")
    tab = Tab(server, "persona")
    (invoice, *_rest) = re.findall(
        r"/my/invoices/(\d+)/change", tab.get(f"{BILLING}/invoices").text
    )
    page = tab.post(
        f"/my/invoices/{invoice}/change",
        csrf_token=tab.token(tab.get("/my")),
        request_type="cancel",
        reason="03",
        confirmed="1",
        action="send",
    )
    assert "sent=1" in page.url
    number = REQUEST.search(page.text).group()
    attachments = {
        part.get_filename(): part.get_payload(decode=True)
        for part in server.mail_about(number).iter_attachments()
    }
    data = json.loads(attachments["solicitud.json"])
    assert data["invoice"]["receiver"]["cfdi_email"] == EMAIL
