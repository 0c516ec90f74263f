-- A copy of the database invoices nobody and mails nobody by itself.
UPDATE skydrop_auto_billing
   SET active = false;
UPDATE res_company
   SET skydrop_auto_billing_warn = false,
       skydrop_auto_billing_send = false;
UPDATE ir_cron
   SET active = false
 WHERE id IN (
        SELECT res_id
          FROM ir_model_data
         WHERE module = 'skydrop_facturacion'
           AND name LIKE 'ir_cron_auto_billing_%'
       );
