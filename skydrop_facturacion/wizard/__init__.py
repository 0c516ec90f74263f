from . import skydrop_consistency_issue
from . import skydrop_auto_billing_rehearsal
from . import skydrop_attach_cfdi
from . import base_module_uninstall
from . import skydrop_reconciliation_report
from . import skydrop_support_address
from . import skydrop_invoice_deposits
from . import account_payment_register
