from odoo import api, fields, models
from odoo.tools import SQL


class SkydropUndeliveredMail(models.Model):
    """Mails about requests, deposits, their invoices and automatic invoicing that could
    not be handed over: who did not get what, and why.

    A row is a mail; nothing is stored. Odoo shows mails to administrators alone, so the
    staff reads of them only what is here.
    """

    _name = "skydrop.undelivered.mail"
    _description = "Undelivered Mail"
    _auto = False
    _order = "id desc"
    _rec_name = "subject"
    _depends = {
        "mail.mail": ["state", "mail_message_id", "skydrop_change_request_id"],
        "mail.message": ["model", "res_id"],
        "account.move.line": ["move_id", "skydrop_deposit_id"],
    }

    company_id = fields.Many2one("res.company", readonly=True)
    subject = fields.Char(readonly=True)
    date = fields.Datetime(readonly=True)
    model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="model", readonly=True)
    retry_date = fields.Datetime(
        string="Next Try", readonly=True, help="Empty: it is not tried again by itself."
    )
    record_name = fields.Char(string="About", compute="_compute_record_name")
    recipients = fields.Char(string="To", compute="_compute_from_mail")
    reason = fields.Char(compute="_compute_from_mail")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT mail.id,
                   message.subject,
                   message.date,
                   COALESCE(message.model, '') AS model,
                   message.res_id,
                   mail.skydrop_retry_date AS retry_date,
                   COALESCE(request.company_id, rule.company_id, deposit.company_id,
                            move.company_id) AS company_id
              FROM mail_mail mail
              JOIN mail_message message ON message.id = mail.mail_message_id
         LEFT JOIN skydrop_change_request request
                ON message.model = 'skydrop.change.request'
               AND request.id = message.res_id
         LEFT JOIN skydrop_auto_billing rule
                ON message.model = 'skydrop.auto.billing'
               AND rule.id = message.res_id
         LEFT JOIN skydrop_deposit deposit
                ON message.model = 'skydrop.deposit'
               AND deposit.id = message.res_id
         LEFT JOIN account_move move
                ON message.model = 'account.move'
               AND move.id = message.res_id
               AND EXISTS (SELECT FROM account_move_line line
                            WHERE line.move_id = move.id
                              AND line.skydrop_deposit_id IS NOT NULL)
             WHERE mail.state = 'exception'
               AND COALESCE(request.id, rule.id, deposit.id, move.id) IS NOT NULL
            """
        )

    def _get_mails(self):
        """:return: the mails behind the rows, with ``sudo``
        :rtype: mail.mail
        """
        return self.env["mail.mail"].sudo().browse(self.ids)

    @api.depends("model", "res_id")
    def _compute_record_name(self):
        for row in self:
            record = self.env[row.model].sudo().browse(row.res_id)
            row.record_name = record.display_name

    @api.depends_context("lang")
    def _compute_from_mail(self):
        for row, mail in zip(self, self._get_mails(), strict=True):
            partners = mail.recipient_ids.mapped("email_formatted")
            row.recipients = ", ".join(filter(None, [mail.email_to, *partners]))
            kinds = dict(mail._fields["failure_type"]._description_selection(self.env))
            row.reason = mail.failure_reason or kinds.get(mail.failure_type)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_open_record(self):
        """:return: the window action that opens what the mail is about"""
        self.ensure_one()
        self.check_access("read")
        record = self.env[self.model].browse(self.res_id)
        record.check_access("read")
        return record.get_formview_action()

    def action_retry(self):
        """Send the mails again; the list is shown anew.

        :rtype: dict
        """
        self.check_access("read")
        self._get_mails()._skydrop_retry()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
