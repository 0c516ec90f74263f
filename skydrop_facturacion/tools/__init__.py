from . import amount_in_words
from . import billing_windows
from . import sat
