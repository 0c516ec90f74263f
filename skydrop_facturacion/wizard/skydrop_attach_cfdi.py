from odoo import fields, models


class SkydropAttachCfdi(models.TransientModel):
    _name = "skydrop.attach.cfdi"
    _description = "Attach Stamped CFDI"

    move_id = fields.Many2one(
        comodel_name="account.move", string="Invoice", required=True, ondelete="cascade"
    )
    attached_uuid = fields.Char(related="move_id.skydrop_cfdi_uuid")
    xml_file = fields.Binary(string="XML", required=True, attachment=False)
    xml_name = fields.Char(string="Name of the XML")
    pdf_file = fields.Binary(string="PDF", attachment=False)
    pdf_name = fields.Char(string="Name of the PDF")
    replace = fields.Boolean(string="Replace the CFDI that is attached")

    def action_attach(self):
        """Attach the files; the invoice checks who may and whether they fit."""
        self.ensure_one()
        self.move_id.skydrop_attach_cfdi(self.xml_file, self.pdf_file, self.replace)
        return {"type": "ir.actions.act_window_close"}
