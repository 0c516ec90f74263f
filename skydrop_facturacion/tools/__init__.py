from . import amount_in_words
from . import deposit_row
from . import billing_windows
from . import cfdi
from . import child_limit
from . import legal_name
from . import sat
from . import text
