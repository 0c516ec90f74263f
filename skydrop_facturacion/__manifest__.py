{
    "name": "Skydrop Facturación",
    "summary": "Self-service invoicing of prepaid deposits in the customer portal",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "author": "Skydrop",
    "website": "https://www.skydropx.com",
    "depends": [
        "account",
        # Decides whether the portal offers to pay an invoice.
        "account_payment",
        "portal",
    ],
    "external_dependencies": {
        "python": [
            "lxml",
            "num2words>=0.5.13",
            "python-stdnum",
        ],
    },
    "data": [
        # Groups come first: the access file and the rules name them.
        "security/skydrop_facturacion_groups.xml",
        "security/ir.model.access.csv",
        "security/skydrop_facturacion_security.xml",
        "security/skydrop_change_request_security.xml",
        "security/skydrop_auto_billing_security.xml",
        "data/ir_sequence_data.xml",
        "data/ir_sequence_request_data.xml",
        "data/ir_cron_request_data.xml",
        "data/mail_template_data.xml",
        "data/mail_template_request_data.xml",
        "data/mail_template_automatic_data.xml",
        "data/ir_cron_data.xml",
        "data/res_company_data.xml",
        "reports/skydrop_invoice_templates.xml",
        "reports/skydrop_invoice_reports.xml",
        "reports/skydrop_statement_templates.xml",
        "reports/skydrop_statement_reports.xml",
        "views/skydrop_deposit_views.xml",
        # For the list of deposits.
        "data/ir_filters_data.xml",
        "wizard/skydrop_invoice_deposits_views.xml",
        "views/account_payment_views.xml",
        "views/account_move_views.xml",
        "views/res_partner_views.xml",
        "views/skydrop_change_request_views.xml",
        "views/res_config_settings_views.xml",
        "views/res_config_settings_payment_views.xml",
        "wizard/skydrop_consistency_issue_views.xml",
        "views/res_config_settings_request_views.xml",
        "views/skydrop_portal_templates.xml",
        "views/skydrop_movement_templates.xml",
        "views/skydrop_receiver_templates.xml",
        "views/skydrop_billing_templates.xml",
        "views/skydrop_invoice_templates.xml",
        "views/skydrop_change_templates.xml",
        "views/skydrop_change_split_templates.xml",
        "views/skydrop_request_templates.xml",
        "views/skydrop_automatic_templates.xml",
        # Parts of views above.
        "views/account_move_cfdi_views.xml",
        "wizard/skydrop_attach_cfdi_views.xml",
        # Menus last: they point at the actions above.
        "views/skydrop_facturacion_menus.xml",
        # With menus of its own, below the root menu.
        "wizard/skydrop_auto_billing_rehearsal_views.xml",
        "views/skydrop_auto_billing_views.xml",
    ],
    "demo": [
        "demo/res_company_demo.xml",
        "demo/res_partner_demo.xml",
        "demo/res_users_demo.xml",
        "demo/account_payment_demo.xml",
        "demo/skydrop_deposit_demo.xml",
        "demo/account_move_demo.xml",
    ],
    "pre_init_hook": "pre_init_hook",
    "application": True,
    "assets": {
        "web.assets_frontend": [
            "skydrop_facturacion/static/src/scss/portal.scss",
            "skydrop_facturacion/static/src/scss/requests.scss",
            "skydrop_facturacion/static/src/scss/fiscal.scss",
            # The preview shows the body of the invoice as the PDF does.
            "skydrop_facturacion/static/src/scss/report.scss",
            "skydrop_facturacion/static/src/interactions/**/*",
        ],
        "web.assets_backend": [
            # The accountant's preview is the same body.
            "skydrop_facturacion/static/src/scss/report.scss",
            "skydrop_facturacion/static/src/scss/desk.scss",
        ],
        "web.report_assets_common": [
            "skydrop_facturacion/static/src/scss/report.scss",
        ],
    },
}
