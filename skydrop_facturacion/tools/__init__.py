from . import amount_in_words
from . import cfdi
from . import legal_name
from . import sat
