from . import amount_in_words
from . import sat
from . import legal_name
