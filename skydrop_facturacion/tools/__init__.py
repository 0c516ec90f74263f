from . import amount_in_words
from . import deposit_row
from . import billing_windows
from . import cfdi
from . import legal_name
from . import sat
from . import text
