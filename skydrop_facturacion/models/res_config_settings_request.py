from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError


class ResConfigSettings(models.TransientModel):
    """Settings of requests."""

    _inherit = "res.config.settings"

    skydrop_policy_same_month = fields.Selection(
        related="company_id.skydrop_policy_same_month", readonly=False
    )
    skydrop_policy_later = fields.Selection(
        related="company_id.skydrop_policy_later", readonly=False
    )
    skydrop_policy_after_year = fields.Selection(
        related="company_id.skydrop_policy_after_year", readonly=False
    )
    skydrop_request_sender = fields.Char(
        related="company_id.skydrop_request_sender", readonly=False
    )
    skydrop_mail_limit = fields.Integer(
        related="company_id.skydrop_mail_limit", readonly=False
    )
    skydrop_ticket_url = fields.Char(
        related="company_id.skydrop_ticket_url", readonly=False
    )
    skydrop_mail_checklist = fields.Html(
        string="Checklist", compute="_compute_skydrop_mail_checklist"
    )

    @api.depends("skydrop_support_email", "skydrop_request_sender")
    def _compute_skydrop_mail_checklist(self):
        marks = {True: "✓", False: "⚠", None: "→"}
        for settings in self:
            settings.skydrop_mail_checklist = Markup(
                '<ul class="list-unstyled">%s</ul>'
            ) % Markup().join(
                Markup("<li>%s %s</li>") % (marks[state], sentence)
                for state, sentence in settings.company_id._skydrop_get_mail_checklist()
            )

    def action_skydrop_send_test_mail(self):
        """Send a test message to the support desk, and say what the mail server
        answered.

        :return: the notification to show
        """
        self.ensure_one()
        if not self.env.user.has_group("skydrop_facturacion.group_manager"):
            raise AccessError(self.env._("Only administrators can send test messages."))
        failure = self.company_id._skydrop_send_test_mail()
        if failure:
            message = self.env._("The message was not sent: %s", failure)
        else:
            message = self.env._(
                "The mail server took the message for %s. Look whether it becomes a"
                " ticket.",
                self.company_id.skydrop_support_email,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "danger" if failure else "success",
                "sticky": bool(failure),
            },
        }
