"""The development environment: everything the addon needs, inside ``.dev/``.

Only the standard library is used here, as this code runs before anything is
installed. ``python_env`` makes the virtual environment the rest lives in.
"""
