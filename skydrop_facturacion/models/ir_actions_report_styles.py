import base64
import os
import re

from odoo import models
from odoo.tools.misc import file_open

STYLES = re.compile(r'<link\b[^>]*\bhref="[^"]*/web/assets/[^"]*/([^"/]+\.css)"[^>]*>')
# The font of Odoo's reports; of the formats that it comes in, wkhtmltopdf takes this.
FONTS = re.compile(r"""url\(["']?/?([\w./]*/lato/[\w-]+\.woff)["']?\)""")


class IrActionsReport(models.Model):
    """Our reports ask nobody for anything while they are printed."""

    _inherit = "ir.actions.report"

    def _skydrop_embed_styles(self, html):
        """Put the styles and their fonts into a page.

        wkhtmltopdf would ask this very server for them, and wait in vain if all of its
        workers print, or wait for somebody's PDF.

        :param str html: a page that links to bundles of styles
        :rtype: str
        """
        return STYLES.sub(
            lambda link: f"<style>{self._skydrop_get_styles(link.group(1))}</style>",
            str(html),
        )

    def _skydrop_get_styles(self, filename):
        """:param str filename: of a bundle, as in its address
        :return: its styles, fonts included
        """
        bundle, rtl, _type, autoprefix = self.env["ir.asset"]._parse_bundle_name(
            filename, False
        )
        files = (
            self.env["ir.qweb"]
            .sudo()
            ._get_asset_bundle(
                bundle, css=True, js=False, rtl=rtl, autoprefix=autoprefix
            )
        )
        return FONTS.sub(
            lambda font: f"url({_read_font(font.group(1))})", files.css().raw.decode()
        )


def _read_font(path):
    with file_open(os.path.normpath(path), "rb") as file:
        content = base64.b64encode(file.read()).decode()
    return f"data:font/woff;base64,{content}"
