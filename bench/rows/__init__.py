"""The groups of rows. Each module has ``measure(variant)``, which returns its rows."""

# In the order of the table; the cheap ones first.
GROUPS = (
    "estimate",
    "pages",
    "assets",
    "browser",
    "generate",
    "register",
    "pdf",
    "automatic",
    "isolation",
    "payments",
    "parallel",
    "growth",
    "peers",
)
