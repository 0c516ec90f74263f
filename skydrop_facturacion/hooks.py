def pre_init_hook(env):
    """Activate Mexican Spanish if no Spanish is active.

    The customers read Spanish. Done before the module is loaded, so that Odoo loads
    this module's own translations in the ordinary way.
    """
    if not env["res.lang"].search_count([("code", "=like", "es%")], limit=1):
        spanish = env.ref("base.lang_es_MX")
        env["base.language.install"].create({"lang_ids": spanish.ids}).lang_install()
