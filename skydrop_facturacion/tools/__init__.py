from . import amount_in_words
from . import sat
from . import text
