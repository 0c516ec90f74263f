from . import skydrop_consistency_issue
from . import skydrop_auto_billing_rehearsal
