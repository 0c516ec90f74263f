from . import skydrop_auto_billing_rehearsal
