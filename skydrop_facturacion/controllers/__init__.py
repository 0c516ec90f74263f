from . import automatic
from . import billing
from . import invoices
from . import movements
from . import statement
