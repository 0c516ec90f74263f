"""What Odoo relies on is gone, refuses, hangs or crashes: nothing is lost or half-made,
the person concerned is told, nobody else waits, and the next try finishes the work."""

import io
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import until
from faulty import (
    FaultyServer,
    broken_filestore,
    cancel_request,
    request_of,
)
from pypdf import PdfReader
from test_concurrency import BILLING, Tab, check_claims, invoices_of
from test_kills import again, answering, worker_pids

pytestmark = pytest.mark.with_browser
# Seconds within which another page answers, whatever hangs: on a busy machine too.
NOT_BLOCKED = 7
TABLES = (
    "account_move",
    "account_move_line",
    "skydrop_deposit",
    "skydrop_change_request",
    "skydrop_auto_billing",
    "res_partner",
    "res_company",
    "ir_sequence",
)
IS_SOAK = os.environ.get("SKYDROP_SOAK", "1") != "1"
SMTP_FAULTS = ["gone", "data", *(["refuse", "reject", "greeting"] if IS_SOAK else [])]
RETRY = "skydrop_facturacion.ir_cron_retry_mails"
FILES = {"attachments": ("comprobante.pdf", b"%PDF-1.4\n%%EOF\n")}


@pytest.fixture(scope="module")
def server(dev_environment):
    """One server for all faults."""
    with FaultyServer(dev_environment, "faults") as live:
        yield live


@pytest.fixture(autouse=True)
def good_surroundings(server):
    """What one test broke does not spoil the next one."""
    server.set_wkhtmltopdf("good")


@pytest.fixture(scope="module")
def customer(server):
    """The customer to whom it happens."""
    tab = Tab(server)
    tab.get(BILLING)
    return tab


@pytest.fixture(scope="module")
def bystander(server):
    """Another customer, who must not notice."""
    tab = Tab(server, "persona")
    tab.get(BILLING)
    return tab


def invoice(tab, count=1):
    """Generate an invoice of the first deposits; return its id."""
    deposit_ids = tab.billable()[:count]
    answer = tab.generate(tab.preview(deposit_ids))
    (invoice_id,) = invoices_of(tab.server, deposit_ids)
    assert f"/my/invoices/{invoice_id}" in answer.url
    return invoice_id


def pdf(tab, invoice_id):
    """Ask for the PDF of an invoice."""
    return tab.get(f"/my/invoices/{invoice_id}?report_type=pdf&download=true")


def is_told(answer):
    """The page says that there is no PDF, and that the invoice is safe."""
    return answer.status_code == 200 and "Tu factura está a salvo" in answer.text


def text_of(answer):
    """The text of a PDF, sheet by sheet."""
    assert answer.headers["Content-Type"] == "application/pdf", answer.text[:500]
    return [
        sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.content)).pages
    ]


def check_not_blocked(tab, hanging=None):
    """Another customer looks around, and even generates: each answer comes soon.

    :param Future hanging: what hangs, and has to hang still when the first page came
    """
    for path in (BILLING, f"{BILLING}/invoices", "/my/movements"):
        started = time.monotonic()
        assert tab.get(path).status_code == 200
        assert time.monotonic() - started < NOT_BLOCKED, path
        assert hanging is None or path != BILLING or not hanging.done()
    started = time.monotonic()
    invoice(tab)
    assert time.monotonic() - started < 3 * NOT_BLOCKED


def arrived(server, message_id):
    """The mails of this Message-ID that reached the desk."""
    return [mail for mail in server.received() if mail["Message-ID"] == message_id]


# ----------------------------------------------------------------------
# wkhtmltopdf
# ----------------------------------------------------------------------


def test_wkhtmltopdf_hangs(server, customer, bystander):
    """A request to change hangs, and two downloads come on top, on two workers; nobody
    else waits, and nothing is locked meanwhile."""
    downloaded, changed = invoice(customer, 2), invoice(customer)
    server.set_wkhtmltopdf("hang")
    with ThreadPoolExecutor(3) as pool:
        sent = pool.submit(cancel_request, customer, changed)
        until(server.hanging_programs, "wkhtmltopdf is called")
        downloads = [pool.submit(pdf, customer, downloaded) for _number in range(2)]
        assert server.locked_rows(*TABLES) == {}
        check_not_blocked(bystander, sent)
        answers = [download.result() for download in downloads]
        assert "/my/requests/" in sent.result().url
    for answer in answers:
        # The page asks again by itself.
        assert answer.status_code == 202
        assert "Tu PDF se está preparando" in answer.text
        assert f"/my/invoices/{downloaded}?" in answer.headers["Refresh"]
    assert len(request_of(server, changed).split()) == 1
    until(
        lambda: (
            not any(os.path.exists(f"/proc/{p}") for p in server.hanging_programs())
        ),
        "the hanging programs are ended",
    )
    assert is_told(pdf(customer, downloaded))
    server.set_wkhtmltopdf("good")
    assert text_of(pdf(customer, downloaded))
    check_claims(server)


@pytest.mark.parametrize("mode", ["crash", "broken"])
def test_wkhtmltopdf_crashes(server, customer, mode):
    invoice_id = invoice(customer)
    server.set_wkhtmltopdf(mode)
    assert is_told(pdf(customer, invoice_id))
    statement = customer.get("/my/movements/statement")
    assert statement.status_code == 503
    assert "No se pudo hacer el PDF" in statement.text
    server.set_wkhtmltopdf("good")
    assert text_of(pdf(customer, invoice_id))


def test_wkhtmltopdf_is_gone(server, customer):
    """Gone under a running server, then gone for workers that start without it, then
    there again without the patches: no headers and footers; all that an invoice needs
    is in its body."""
    deposit_ids = customer.billable()[:2]
    invoice_id = invoice(customer, 2)
    aside = server.program.with_suffix(".aside")
    server.program.rename(aside)
    assert is_told(pdf(customer, invoice_id))
    server.program.write_text("#!/does/not/exist\n")
    server.program.chmod(0o755)
    restart_workers(server)
    assert is_told(again(lambda: pdf(customer, invoice_id)))
    aside.rename(server.program)
    server.set_wkhtmltopdf("unpatched")
    restart_workers(server)
    sheets = text_of(again(lambda: pdf(customer, invoice_id)))
    text = " ".join(" ".join(sheets).split())
    number, total, rfc = server.sql(
        "select m.name, to_char(amount_total, 'FM999,990.00'), p.vat"
        " from account_move m join res_company c on c.id = m.company_id"
        f" join res_partner p on p.id = c.partner_id where m.id = {invoice_id}"
    ).split("|")
    references = server.sql(
        "select coalesce(reference, name) from skydrop_deposit"
        f" where id in ({','.join(deposit_ids)})"
    ).split()
    for expected in (number, total, rfc, *references, "M.N.", "Página 1 de 1"):
        assert expected in text


def restart_workers(server):
    """Have workers that know nothing yet."""
    old = worker_pids(server)
    for pid in old:
        os.kill(pid, signal.SIGTERM)
    until(lambda: not set(old) & set(worker_pids(server)), "the workers end")
    answering(server)


# ----------------------------------------------------------------------
# SMTP
# ----------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", SMTP_FAULTS)
def test_smtp(server, customer, bystander, behaviour):
    """The request is there, its mail failed and is tried again as the same mail."""
    invoice_id = invoice(customer)
    server.stop_smtp()
    if behaviour == "gone":
        # And the PDF cannot be made either: the mail gets it later.
        server.set_wkhtmltopdf("crash")
        page = cancel_request(customer, invoice_id)
    else:
        with server.bad_smtp(behaviour) as smtp:
            page = cancel_request(customer, invoice_id)
            assert smtp.reached.wait(30)
            if behaviour in ("greeting", "data"):
                assert server.locked_rows(*TABLES) == {}
                check_not_blocked(bystander)
            else:
                until(lambda: request_of(server, invoice_id) == "failed", "it failed")
    assert "Recibida" in page.text
    until(lambda: request_of(server, invoice_id) == "failed", "the mail failed")
    message_id = server.sql(
        "select message_id from mail_message where id = (select mail_message_id from"
        " mail_mail where skydrop_change_request_id ="
        f" {request_of(server, invoice_id, 'id')})"
    )
    assert arrived(server, message_id) == []
    server.set_wkhtmltopdf("good")
    server.start_smtp()
    server.sql("update mail_mail set skydrop_retry_date = now() - interval '1 day'")
    server.run_job(RETRY)
    (mail,) = until(lambda: arrived(server, message_id), "the mail arrives")
    assert mail["Subject"].startswith(request_of(server, invoice_id, "name"))
    names = [attachment.get_filename() for attachment in mail.iter_attachments()]
    assert "solicitud.json" in names
    assert sum(name.endswith(".pdf") for name in names) == 1, names
    until(lambda: request_of(server, invoice_id) == "sent", "it is marked as sent")


def test_mail_of_an_invoice_is_tried_again(server, customer):
    """The customer is told that it waits, and then gets it."""
    invoice_id = invoice(customer)
    page = f"/my/invoices/{invoice_id}"
    token = customer.token(customer.get(page))
    server.stop_smtp()
    answer = customer.post(
        f"{BILLING}/invoices/{invoice_id}/send",
        csrf_token=token,
        email="caja@example.com",
    )
    assert "caja@example.com" in answer.text
    until(
        lambda: 'data-skydrop="mail_waits"' in customer.get(page).text,
        "the page says that the mail waits",
    )
    server.start_smtp()
    server.sql("update mail_mail set skydrop_retry_date = now() - interval '1 day'")
    server.run_job(RETRY)
    message_id = server.sql(
        f"select message_id from mail_message where model = 'account.move' and"
        f" res_id = {invoice_id} and message_type != 'notification' order by id desc"
        " limit 1"
    )
    (_mail,) = until(lambda: arrived(server, message_id), "the mail arrives")
    assert 'data-skydrop="mail_waits"' not in customer.get(page).text


# ----------------------------------------------------------------------
# Files
# ----------------------------------------------------------------------


def test_filestore_is_gone(server, customer, bystander):
    invoice_id = invoice(customer)
    with broken_filestore(server):
        assert is_told(pdf(customer, invoice_id))
        page = cancel_request(customer, invoice_id, files=FILES)
        assert page.status_code == 400
        assert "no se pudieron guardar" in page.text
        token = customer.token(customer.get(f"/my/invoices/{invoice_id}"))
        answer = customer.post(
            f"{BILLING}/invoices/{invoice_id}/send",
            csrf_token=token,
            email="caja@example.com",
        )
        assert is_told(answer)
        check_not_blocked(bystander)
    assert request_of(server, invoice_id, "id") == ""
    assert (
        server.sql(
            "select count(*) from ir_attachment where res_model = 'account.move'"
            f" and res_id = {invoice_id}"
        )
        == "0"
    )
    assert text_of(pdf(customer, invoice_id))
    assert "/my/requests/" in cancel_request(customer, invoice_id, files=FILES).url
    check_claims(server)
