"""Automatic invoicing as the scheduler runs it."""

CRON = "skydrop_facturacion.ir_cron_auto_billing_{}"


def due(env, company):
    """:return: how many rules in good health wait for their invoice"""
    env.cr.execute(
        "SELECT count(*) FROM skydrop_auto_billing WHERE active AND company_id = %s"
        " AND next_date <= current_date AND last_error IS NULL",
        [company.id],
    )
    return env.cr.fetchone()[0]


def work_off(env, company, number=1):
    """Run a scheduled action until there is nothing that it can do: it stops by
    itself when its time is over, and the scheduler calls it again. What is left then
    is in the hands of another one.

    :param int number: which of the scheduled actions
    """
    cron = env.ref(CRON.format(number))
    before, left = None, due(env, company)
    while left and left != before:
        cron.method_direct_trigger()
        env.cr.commit()
        before, left = left, due(env, company)
    env.invalidate_all()


def invoices_of(env, rules):
    """:return: the posted invoices that these rules made"""
    return env["account.move"].search(
        [("skydrop_auto_billing_id", "in", rules.ids), ("state", "=", "posted")]
    )
