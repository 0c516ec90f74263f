import logging
import math
import os

from werkzeug.exceptions import TooManyRequests

from odoo.http import request
from odoo.tools import config

from ..tools import token_buckets

_logger = logging.getLogger(__name__)

# Tokens that a session gets a second, and seconds until an empty bucket is full. An
# estimate of up to 250 deposits costs one token, a preview of a few costs ten: someone
# would have to tick five times a second for minutes to come near the bound.
RATE = 5
SECONDS_TO_FILL = 60
RATE_PARAMETER = "skydrop_facturacion.requests_per_second"
FILE = "skydrop_pace"


def get_estimate_cost(count):
    """:return: the tokens that an estimate of so many deposits costs"""
    return 1 + count // 250


def get_preview_cost(count):
    """:return: the tokens that a preview of so many deposits costs"""
    return 10 + count // 25


def get_choice_cost(count):
    """:return: the tokens that it costs to have so many ticks remembered; more for
    visitors, of whom each could be anybody
    """
    cost = get_estimate_cost(count)
    return 10 * cost if request.env.user._is_public() else cost


def get_document_cost(count):
    """:return: the tokens that a file about so many deposits or invoices costs"""
    return 20 + count // 10


def spend(cost):
    """Let a session calculate no more than its share.

    :param int cost: tokens
    :return: 0, or the whole seconds to wait
    :rtype: int
    """
    rate = _get_rate()
    if not rate:
        return 0
    # Beside the sessions, which every worker of the machine reads and writes.
    path = os.path.join(config.session_dir, os.pardir, FILE)
    try:
        wait = token_buckets.spend(
            os.path.normpath(path), _get_key(), cost, rate, rate * SECONDS_TO_FILL
        )
    except OSError:
        _logger.warning("Requests are not bounded just now", exc_info=True)
        return 0
    return math.ceil(wait)


def _get_rate():
    """:return: tokens a second, by the system parameter
    ``skydrop_facturacion.requests_per_second``; 0 for no bound
    """
    parameters = request.env["ir.config_parameter"].sudo()
    text = parameters.get_param(RATE_PARAMETER) or ""
    return int(text) if text.isdecimal() else RATE


def _get_key():
    """The session, by the part of its id that stays when it is rotated; without one,
    each request of a visitor would have a new one, so the address."""
    if request.env.user._is_public():
        return f"{request.db} {request.httprequest.remote_addr}"
    return f"{request.db} {request.session.sid[:42]}"


def refuse_json(seconds):
    """Answer status 429 on a jsonrpc route, in the shape of its other errors.

    :raise TooManyRequests: always
    """
    error = TooManyRequests()
    result = {"error": {"code": "too_many_requests", "message": get_message()}}
    # Odoo sends the response that an error brings along.
    error.error_response = request.make_json_response(
        {"jsonrpc": "2.0", "id": request.dispatcher.request_id, "result": result},
        headers=[("Retry-After", str(seconds))],
        status=429,
    )
    raise error


def refuse_page(seconds, values):
    """:return: a page that says to wait, status 429"""
    response = request.render(
        "skydrop_facturacion.portal_wait",
        {**values, "message": get_message(), "seconds": seconds},
    )
    response.status_code = 429
    response.headers["Retry-After"] = str(seconds)
    return response


def get_message():
    """:return: what to do, in a sentence"""
    return request.env._("Wait a moment, then try again.")
