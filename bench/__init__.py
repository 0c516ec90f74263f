"""Measurements of the addon beside Odoo itself and beside other addons."""
