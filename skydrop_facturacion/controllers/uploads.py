import os

from odoo.http import request
from odoo.tools.mimetypes import guess_mimetype

from ..exceptions import BillingError
from ..tools.text import clean_line

MAX_FILES = 5
MAX_BYTES = 5 * 1024 * 1024
EXTENSIONS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
}


def read_attachments():
    """Read the files of a form, judged by what is in them and not by their names.

    :return: values of ``ir.attachment``
    :rtype: list[dict]
    :raise BillingError: too many, too large, or no PDF, JPG or PNG
    """
    files = [file for file in request.httprequest.files.getlist("attachments") if file]
    if len(files) > MAX_FILES:
        raise _refusal(request.env._("Attach %s files at most.", MAX_FILES))
    return [_read(file) for file in files]


def _read(file):
    stem = clean_line(os.path.basename((file.filename or "").replace("\\", "/")))
    raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise _refusal(
            request.env._("%s is larger than 5 MB. Attach a smaller file.", stem)
        )
    mimetype = guess_mimetype(raw)
    if mimetype not in EXTENSIONS:
        raise _refusal(
            request.env._("%s is no PDF, JPG or PNG. Attach one of these.", stem)
        )
    stem = os.path.splitext(stem)[0][:80] or "archivo"
    return {"name": stem + EXTENSIONS[mimetype], "raw": raw, "mimetype": mimetype}


def _refusal(message):
    return BillingError("attachments", message, field="attachments")
