from . import billing
from . import invoices
from . import movements
from . import receivers
from . import statement
