from . import automatic
from . import billing
from . import change
from . import change_split
from . import invoices
from . import movements
from . import requests
from . import statement
