{
    "name": "Skydrop Facturación: stub of a CFDI addon",
    "summary": "Uses the seams as an addon that stamps would; for tests only",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "Skydrop",
    "website": "https://www.skydropx.com",
    "depends": ["skydrop_facturacion"],
    "data": ["views/skydrop_invoice_templates.xml"],
}
