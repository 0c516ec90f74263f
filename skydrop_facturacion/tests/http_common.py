import re

from odoo.http import Request
from odoo.tests import HttpCase

from .common import SkydropCommon

BILLING = "/my/movements/billing"


class SkydropHttpCommon(SkydropCommon, HttpCase):
    """The customer's browser, without JavaScript."""

    def _sign_in(self, user=None):
        user = user or self.portal_user
        self.authenticate(user.login, user.login)

    def _make_real_pdfs(self):
        """Tests get HTML for a PDF unless they ask for the real thing."""
        Move = self.registry["account.move"]
        ensure_pdf = Move._skydrop_ensure_pdf
        self.patch(
            Move,
            "_skydrop_ensure_pdf",
            lambda move: ensure_pdf(move.with_context(force_report_rendering=True)),
        )

    def _post(self, path, **fields):
        """Post a form with the token of the session."""
        return self.url_open(
            BILLING + path, data={**fields, "csrf_token": Request.csrf_token(self)}
        )

    def _estimate(self, deposit_ids):
        return self.make_jsonrpc_request(
            f"{BILLING}/estimate", {"deposit_ids": deposit_ids}
        )

    def _preview(self, deposits, **fields):
        """:return: the page of the preview, and the fields of its form"""
        page = self._post("/preview", deposit_ids=deposits.ids, **fields)
        form = page.text[page.text.index("o_skydrop_generate") :]
        form = form[: form.index("</form>")]
        values = {"deposit_ids": []}
        for tag in re.findall(r"<input[^>]*>", form):
            name = re.search(r'name="([^"]*)"', tag).group(1)
            value = re.search(r'value="([^"]*)"', tag)
            value = value.group(1) if value else ""
            if name == "deposit_ids":
                values["deposit_ids"].append(int(value))
            elif name != "csrf_token":
                values[name] = value
        return page, values

    def _node(self, page, name):
        """:return: the text of the node that carries ``data-skydrop``"""
        match = re.search(rf'data-skydrop="{name}"[^>]*>(.*?)</', page.text, re.S)
        return re.sub(r"<[^>]*>|\s+", " ", match.group(1)).strip() if match else None
