"""Follows what changed since the last run and saves the invoices' files, with
odoo-client-lib 2 (``pip install odoo-client-lib``)."""

import base64
import os
from pathlib import Path
from urllib.parse import urlsplit

import odoolib

url = urlsplit(os.environ["ODOO_URL"])
secure = url.scheme == "https"
connection = odoolib.get_connection(
    hostname=url.hostname,
    protocol="json2s" if secure else "json2",
    port=url.port or (443 if secure else 80),
    database=os.environ["ODOO_DB"],
    login="integracion",
    password=os.environ["ODOO_API_KEY"],
)
deposits = connection.get_model("skydrop.deposit")
folder = Path(os.environ.get("FOLDER", "."))
bookmark = folder / "cursor.txt"

cursor = bookmark.read_text() if bookmark.exists() else False
more = True
while more:
    answer = deposits.read_registered(cursor=cursor, limit=500)
    for deposit in answer["deposits"]:
        print(deposit["reference"], deposit["invoice_status"])
        for invoice in deposit["invoices"]:
            if invoice["state"] == "posted":
                for file in deposits.get_invoice_files(invoice_id=invoice["id"]):
                    content = base64.b64decode(file["content"])
                    (folder / file["name"]).write_bytes(content)
                    print("  saved", file["name"])
    cursor, more = answer["cursor"], answer["more"]
    # Only now: after a failure the same changes come again.
    bookmark.write_text(cursor)
