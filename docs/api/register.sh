#!/bin/sh
# Registers a deposit with curl. ODOO_URL, ODOO_DB, ODOO_API_KEY and CUSTOMER_REF come
# from the environment. Ends with an error when the call is refused.
set -eu
curl --silent --show-error --fail-with-body \
    --header "Authorization: bearer $ODOO_API_KEY" \
    --header "X-Odoo-Database: $ODOO_DB" \
    --header "Content-Type: application/json" \
    --data @- "$ODOO_URL/json/2/skydrop.deposit/register" <<JSON
{
  "deposits": [
    {
      "reference": "REC-CURL-1",
      "partner_ref": "$CUSTOMER_REF",
      "amount": "1160.00",
      "currency": "MXN",
      "date": "2026-03-10T18:30:00-06:00",
      "origin": "payment",
      "payment_form": "03"
    }
  ]
}
JSON
