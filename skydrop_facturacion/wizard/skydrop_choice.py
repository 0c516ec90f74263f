import re
import secrets

from odoo import api, fields, models
from odoo.fields import Domain

KEY_BYTES = 16
KEY = re.compile(f"[0-9a-f]{{{2 * KEY_BYTES}}}")
MAX_KEPT = 20  # choices of one user


class SkydropChoice(models.TransientModel):
    """What a customer ticked and typed, between two pages.

    Not in the session: Odoo writes a session as a whole, so any request that is still
    being served would put back what it read before the choice was made.
    """

    _name = "skydrop.choice"
    _description = "Choice of a Customer"
    _transient_max_hours = 24

    key = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Empty until somebody whose session was gone signs in.",
    )
    content = fields.Json(required=True, readonly=True)

    _unique_key = models.UniqueIndex("(key)")

    @api.model
    def _remember(self, content):
        """Keep a choice of the current user or visitor.

        :param dict content: anything that JSON can hold
        :return: the key to find it with, which nobody guesses
        :rtype: str
        """
        user = self.env.user
        key = secrets.token_hex(KEY_BYTES)
        owner = self.env["res.users"] if user._is_public() else user
        self.create({"key": key, "user_id": owner.id, "content": content})
        if owner:
            kept = Domain("user_id", "=", owner.id)
            old = self.search(kept, order="id desc", offset=MAX_KEPT)
            old.try_lock_for_update().unlink()
        return key

    @api.model
    def _recall(self, key):
        """Find a choice of the current user, or of a visitor who had this very key.

        :param str key: whatever stood in the address
        :return: its content; None if there is none, or no longer
        :rtype: dict or None
        """
        if not KEY.fullmatch(key or ""):
            return None
        choice = self.search(
            Domain("key", "=", key) & Domain("user_id", "in", [False, self.env.user.id])
        )
        return choice.content or None
