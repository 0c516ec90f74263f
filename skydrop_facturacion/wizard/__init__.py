from . import skydrop_attach_cfdi
