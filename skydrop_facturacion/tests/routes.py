"""The addon's routes, as Odoo's routing map has them."""

PREFIXES = ("/my/movements", "/my/requests", "/my/invoices/<int:invoice_id>/")


def get_routes(case):
    """:param HttpCase case: the test that wants to walk them
    :return: our routes: ``(url pattern, method, type)``, each once
    :rtype: list[tuple]
    """
    routes = []
    IrHttp = case.env["ir.http"]
    rules = IrHttp._generate_routing_rules(
        case.registry._init_modules, IrHttp._get_converters()
    )
    for url, endpoint in rules:
        if url.startswith(PREFIXES):
            methods = endpoint.routing["methods"] or ("GET", "POST")
            routes += [(url, name, endpoint.routing["type"]) for name in methods]
    return sorted(set(routes))
