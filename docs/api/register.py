"""Registers deposits with Python's standard library, then asks what became of them."""

import json
import os
import time
import urllib.error
import urllib.request

URL = os.environ["ODOO_URL"]
HEADERS = {
    "Authorization": f"bearer {os.environ['ODOO_API_KEY']}",
    "X-Odoo-Database": os.environ["ODOO_DB"],
    "Content-Type": "application/json",
}


def call(method, **arguments):
    """Call a method of the API; repeat while nobody knows whether it was done."""
    request = urllib.request.Request(
        f"{URL}/json/2/skydrop.deposit/{method}",
        data=json.dumps(arguments).encode(),
        headers=HEADERS,
    )
    for wait in (1, 5, 25, None):
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code < 500 or wait is None:
                refusal = json.load(error)
                for row in refusal["context"].get("errors", []):
                    print(row["index"], row["reference"], row["field"], row["message"])
                raise SystemExit(refusal["message"]) from error
        except OSError:  # no answer: registering again is safe
            if wait is None:
                raise
        time.sleep(wait)


deposits = [
    {
        "reference": f"REC-PY-{number}",
        "partner_ref": os.environ["CUSTOMER_REF"],
        "amount": "1160.00",
        "currency": "MXN",
        "date": "2026-03-10T18:30:00-06:00",
        "origin": "payment",
        "payment_form": "03",
    }
    for number in (1, 2)
]
for row in call("register", deposits=deposits):
    print(row["name"], "registered" if row["created"] else "was there already")

answer = call("read_registered", references=[row["reference"] for row in deposits])
for deposit in answer["deposits"]:
    print(deposit["reference"], deposit["invoice_status"])
    for invoice in deposit["invoices"]:
        print("  ", invoice["number"], invoice["state"], invoice["uuid"])
