"""Real workers and transactions: whoever comes, a deposit is invoiced once."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from conftest import LiveServer, until

pytestmark = pytest.mark.with_browser
BILLING = "/my/movements/billing"
LOGIN = "cliente"
ROUNDS = 4 * int(os.environ.get("SKYDROP_SOAK", "1"))


@pytest.fixture(scope="module")
def two_workers(dev_environment):
    """A server with two workers."""
    with LiveServer(dev_environment, "workers", ["--workers", "2"]) as server:
        yield server


class Tab:
    """A browser tab without scripts."""

    def __init__(self, server, login=LOGIN, password=None):
        self.server = server
        self.http = requests.Session()
        token = self.token(self.get("/web/login"))
        answer = self.post(
            "/web/login",
            csrf_token=token,
            login=login,
            password=password or login,
            redirect="/my",
        )
        assert "/my" in answer.url

    def get(self, path):
        return self.http.get(self.server.url + path)

    def post(self, path, **fields):
        return self.http.post(self.server.url + path, data=fields)

    @staticmethod
    def token(answer):
        """The token of a page's forms."""
        return re.search(r'csrf_token: "(\w+)"', answer.text).group(1)

    def billable(self):
        """Ids of the deposits that can be ticked."""
        page = self.get(BILLING).text
        return re.findall(r'name="deposit_ids"[^>]*?value="(\d+)"', page)

    def preview(self, deposit_ids):
        """The fields of the preview's form."""
        page = self.post(f"{BILLING}/preview", deposit_ids=deposit_ids)
        fingerprint = re.search(r'name="fingerprint"\s+value="(\w+)"', page.text)
        return {
            "csrf_token": self.token(page),
            "deposit_ids": deposit_ids,
            "fingerprint": fingerprint.group(1),
        }

    def generate(self, form):
        """Where generating leads to."""
        return self.post(f"{BILLING}/generate", **form)


def invoices_of(server, deposit_ids):
    """Ids of the invoices, cancelled ones too, that claim these deposits."""
    return server.sql(
        "select distinct move_id from account_move_line"
        f" where skydrop_deposit_id in ({','.join(deposit_ids)})"
    ).split()


def check_claims(server):
    """The stored claims are within bounds and equal the lines; no number is missing."""
    assert (
        server.sql(
            "select d.id from skydrop_deposit d"
            " left join account_move_line l on l.skydrop_deposit_id = d.id"
            " and l.parent_state != 'cancel' group by d.id"
            " having d.amount_invoiced != coalesce(sum(l.price_total), 0)"
            " or d.amount_invoiced not between 0 and d.amount"
        )
        == ""
    )
    numbers = server.sql(
        "select sequence_number from account_move where posted_before"
        " and move_type = 'out_invoice' order by 1"
    ).split()
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]


def test_ten_clicks_are_one_invoice(two_workers):
    tab = Tab(two_workers)
    deposit_ids = tab.billable()[:3]
    form = tab.preview(deposit_ids)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(tab.generate, [form] * 10))
    answers.append(tab.generate(form))
    (invoice,) = invoices_of(two_workers, deposit_ids)
    for answer in answers:
        assert answer.status_code == 200
        assert f"/my/invoices/{invoice}" in answer.url
    check_claims(two_workers)


def test_each_of_many_choices_is_kept(two_workers):
    """Of one session, while requests of Odoo's write it too: none puts back what was
    there before."""
    tab = Tab(two_workers)
    choices = [[deposit_id] for deposit_id in tab.billable()[:6]]
    counters = [["invoice_count"], ["bill_count"], ["overdue_invoice_count"]]
    with ThreadPoolExecutor(9) as pool:
        pages = [
            pool.submit(tab.post, f"{BILLING}/preview", deposit_ids=choice)
            for choice in choices
        ]
        for names in counters:
            pool.submit(
                tab.http.post,
                f"{two_workers.url}/my/counters",
                json={"params": {"counters": names}},
            )
    for choice, page in zip(choices, pages, strict=True):
        assert f"{BILLING}/preview?choice=" in page.result().url
        assert f'name="deposit_ids" value="{choice[0]}"' in " ".join(
            page.result().text.split()
        )


def test_two_tabs_with_a_common_deposit(two_workers):
    tabs = [Tab(two_workers), Tab(two_workers)]
    first, common, third = tabs[0].billable()[:3]
    forms = [
        tabs[0].preview([first, common]),
        tabs[1].preview([common, third]),
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda tab, form: tab.generate(form), tabs, forms))
    assert all(answer.status_code == 200 for answer in answers)
    won = [answer for answer in answers if "/my/invoices/" in answer.url]
    lost = [answer for answer in answers if f"{BILLING}/preview" in answer.url]
    assert (len(won), len(lost)) == (1, 1)
    assert "ya no se pueden facturar" in lost[0].text
    assert len(invoices_of(two_workers, [common])) == 1
    check_claims(two_workers)


def test_a_deposit_cancelled_meanwhile(two_workers):
    tab = Tab(two_workers)
    deposit_ids = tab.billable()[:2]
    form = tab.preview(deposit_ids)
    two_workers.sql(
        f"update skydrop_deposit set state = 'cancelled', invoice_status = 'no',"
        f" amount_to_invoice = 0 where id = {deposit_ids[0]}"
    )
    answer = tab.generate(form)
    assert "ya no se pueden facturar" in answer.text
    assert invoices_of(two_workers, deposit_ids) == []
    check_claims(two_workers)


# ----------------------------------------------------------------------
# The portal's customer against the accountant
# ----------------------------------------------------------------------


class Desk(Tab):
    """The accountant's or the administrator's browser, by what it sends."""

    def call(self, model, method, *args):
        """Press a button; return what it answers."""
        answer = self.http.post(
            f"{self.server.url}/web/dataset/call_button/{model}/{method}",
            json={
                "params": {
                    "model": model,
                    "method": method,
                    "args": list(args),
                    "kwargs": {"context": {"lang": "es_MX"}},
                }
            },
        ).json()
        assert "error" not in answer, answer["error"]["data"]["message"]
        return answer["result"]

    def open_preview(self, deposit_ids):
        """The id of the preview of some deposits."""
        ids = [int(deposit_id) for deposit_id in deposit_ids]
        return self.call("skydrop.deposit", "action_invoice", ids)["res_id"]

    def generate(self, preview_id):
        """What generating it answers."""
        return self.call("skydrop.invoice.deposits", "action_generate", [preview_id])


def test_portal_and_accountant_at_the_same_moment(two_workers):
    tab, desk = Tab(two_workers), Desk(two_workers, "contador")
    deposit_ids = tab.billable()
    won = {"portal": 0, "desk": 0}
    for number in range(min(ROUNDS, len(deposit_ids) // 3)):
        first, common, third = deposit_ids[3 * number : 3 * number + 3]
        form, preview = tab.preview([first, common]), desk.open_preview([common, third])
        with ThreadPoolExecutor(2) as pool:
            portal = pool.submit(tab.generate, form)
            backend = pool.submit(desk.generate, preview)
        page, action = portal.result(), backend.result()
        (invoice,) = invoices_of(two_workers, [common])
        if "/my/invoices/" in page.url:
            won["portal"] += 1
            assert f"/my/invoices/{invoice}" in page.url
            # The preview anew: of what is left, and it says which one is lost.
            assert action["res_id"] == preview
            notice = two_workers.sql(
                f"select notice from skydrop_invoice_deposits where id = {preview}"
            )
            assert "No se generó ninguna factura" in notice
            assert "ya no se pueden facturar" in notice
            assert invoices_of(two_workers, [third]) == []
        else:
            won["desk"] += 1
            assert action["res_id"] == int(invoice)
            assert "ya no se pueden facturar" in page.text
            assert invoices_of(two_workers, [first]) == []
        check_claims(two_workers)
    assert sum(won.values()) >= min(ROUNDS, 3), won


def test_ten_clicks_of_the_accountant_are_one_invoice(two_workers):
    desk = Desk(two_workers, "contador")
    deposit_ids = Tab(two_workers).billable()[-2:]
    preview = desk.open_preview(deposit_ids)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(desk.generate, [preview] * 10))
    (invoice,) = invoices_of(two_workers, deposit_ids)
    assert {answer["res_id"] for answer in answers} == {int(invoice)}
    check_claims(two_workers)


def test_the_same_choice_at_both_is_one_invoice(two_workers):
    tab, desk = Tab(two_workers), Desk(two_workers, "contador")
    deposit_ids = tab.billable()[-2:]
    form, preview = tab.preview(deposit_ids), desk.open_preview(deposit_ids)
    with ThreadPoolExecutor(2) as pool:
        portal = pool.submit(tab.generate, form)
        backend = pool.submit(desk.generate, preview)
    (invoice,) = invoices_of(two_workers, deposit_ids)
    assert f"/my/invoices/{invoice}" in portal.result().url
    assert backend.result()["res_id"] == int(invoice)


def test_nothing_is_left_that_disagrees(two_workers):
    answer = Desk(two_workers, "admin").call(
        "skydrop.deposit", "action_check_consistency"
    )
    assert answer["tag"] == "display_notification", answer


def test_ten_clicks_are_one_request(two_workers):
    """Whatever both processes are asked at once: one request, one mail, and each answer
    leads to it."""
    tab = Tab(two_workers)
    answer = tab.generate(tab.preview(tab.billable()[:1]))
    invoice = re.search(r"/my/invoices/(\d+)", answer.url).group(1)
    form = {
        "csrf_token": tab.token(answer),
        "request_type": "cancel",
        "reason": "03",
        "confirmed": "1",
        "action": "send",
    }

    def send(_click):
        return tab.post(f"/my/invoices/{invoice}/change", **form)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))
    answers.append(send(None))
    (request,) = two_workers.sql(
        f"select id from skydrop_change_request where invoice_id = {invoice}"
    ).split()
    for answer in answers:
        assert answer.status_code == 200
        assert f"/my/requests/{request}" in answer.url
    mails = f"from mail_mail where skydrop_change_request_id = {request}"
    assert two_workers.sql(f"select count(*) {mails}") == "1"
    name = two_workers.sql(
        f"select name from skydrop_change_request where id = {request}"
    )
    mail = two_workers.mail_about(name)
    assert "Cancelación" in mail["Subject"]
    # The mail arrives a moment before Odoo has written so.
    until(
        lambda: two_workers.sql(f"select state {mails}") == "sent", "it is marked", 30
    )
