"""The virtual environment, made by uv from a lock file with hashes."""

import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from .console import Stop, last_words, must, output, step
from .paths import BIN, DEV, DEV_SOURCES, digest, set_stamp, stamp_is

VENV = DEV / "venv"
PYTHON = VENV / "bin" / "python"
LOCK = DEV_SOURCES / "requirements.lock"
REQUIREMENTS = DEV_SOURCES / "requirements.in"
# uv and its HTTP client carry their own certificates: trust the machine's too.
MACHINE_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
NO_INDEX = (
    "check the network, or name a mirror with PIP_INDEX_URL and UV_DEFAULT_INDEX,"
    " then run the command again"
)


def site_packages():
    """The folder of installed packages of the virtual environment."""
    return next(VENV.glob("lib/python3*/site-packages"))


def uv_environment():
    """The environment uv runs in."""
    env = dict(os.environ, VIRTUAL_ENV=str(VENV))
    if os.path.exists(MACHINE_CERTIFICATES):
        env.setdefault("SSL_CERT_FILE", MACHINE_CERTIFICATES)
    env.setdefault("UV_HTTP_TIMEOUT", "60")
    env.setdefault("UV_CACHE_DIR", str(DEV / "cache" / "uv"))
    return env


def uv():
    """uv from PATH, else our own copy: pip fetches its wheel, we keep the binary."""
    on_path = shutil.which("uv")
    if on_path:
        return on_path
    own = BIN / "uv"
    if own.exists():
        return str(own)
    with tempfile.TemporaryDirectory() as folder:
        text, code = output(
            *(base_python(), "-m", "pip", "download", "-q", "--no-cache-dir"),
            *("--retries", "2", "--no-deps", "-d", folder, "uv"),
        )
        if code and "No module named pip" in text:
            raise Stop(
                f"{base_python()} has no pip to fetch uv with",
                "install pip (Debian: python3-pip) or uv",
            )
        if code:
            raise Stop("uv cannot be downloaded", NO_INDEX, last_words(text, 1))
        _keep_binary(next(Path(folder).glob("uv-*.whl")), own)
    return str(own)


def _keep_binary(wheel, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".new")
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith("/scripts/uv"))
        unfinished.write_bytes(archive.read(name))
    unfinished.chmod(0o755)
    unfinished.rename(target)


def base_python():
    """The Python that runs this, also when it is the virtual environment's own."""
    return os.path.realpath(sys.executable)


def ensure():
    """Make the virtual environment, or bring it in line with the lock file."""
    key = digest(base_python(), LOCK.read_bytes())
    if PYTHON.exists() and stamp_is("venv", key):
        return
    with step("Python packages (about 110 MB)", _size_so_far):
        set_stamp("venv", "")
        if not stamp_is("venv-python", base_python()) and VENV.exists():
            shutil.rmtree(VENV)
        env = uv_environment()
        if not PYTHON.exists():
            must(
                *(uv(), "venv", "-q", "--no-python-downloads"),
                *("--python", base_python(), VENV),
                env=env,
                what="the virtual environment cannot be made",
                do="set ODOO_PYTHON to another Python 3.10 to 3.13",
            )
            set_stamp("venv-python", base_python())
        must(
            *(uv(), "pip", "sync", "-q", "--require-hashes", LOCK),
            env=env,
            what="the Python packages cannot be installed",
            do=NO_INDEX,
        )
        set_stamp("venv", key)


def _size_so_far():
    if not VENV.exists():
        return ""
    files = (path for path in VENV.rglob("*") if path.is_file())
    return f"{sum(path.stat().st_size for path in files) // 1_000_000} MB unpacked"


def lock(upgrade):
    """Write the lock file anew from requirements.in.

    :param upgrade: take the newest versions instead of keeping the locked ones
    """
    must(
        *(uv(), "pip", "compile", "-q", "--universal", "--generate-hashes"),
        *("--python-version", "3.10", "--no-header", "--no-emit-index-url"),
        *("--no-emit-find-links", *(["--upgrade"] if upgrade else [])),
        *("-o", LOCK, REQUIREMENTS.name),
        env=uv_environment(),
        cwd=DEV_SOURCES,
        what="the lock file cannot be made",
        do=NO_INDEX,
    )
