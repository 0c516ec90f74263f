from . import test_access
from . import test_claims
from . import test_deposit
from . import test_invoicing
from . import test_portal
from . import test_set_up
from . import test_tools
from . import test_totals
