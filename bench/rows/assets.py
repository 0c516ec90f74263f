"""What the customer's browser fetches because of us."""

from pathlib import Path

from devenv.paths import ADDON, ADDON_NAME

from ..table import Bar, Row
from ..workbench import Workbench


def measure(_variant):
    """Our share of the scripts and styles of a portal page, as delivered before the
    server compresses them, and our pictures."""
    with Workbench("assets") as bench:
        bundle = bench.env["ir.qweb"]._get_asset_bundle("web.assets_frontend")
        bundle.preprocess_css()
        assert not bundle.css_errors, bundle.css_errors
        ours = [
            asset
            for asset in [*bundle.javascripts, *bundle.stylesheets]
            if (asset.url or "").startswith(f"/{ADDON_NAME}/")
        ]
        assert ours, "none of our files is in the bundle"
        size = sum(len(asset.minify().encode()) for asset in ours)
        pictures = [
            path for path in Path(ADDON / "static/src/img").iterdir() if path.is_file()
        ]
        size += sum(path.stat().st_size for path in pictures)
    return [
        Row(
            "own assets of the billing page",
            kilobytes=size / 1000,
            bars=[Bar("kB", 200)],
            note=f"{len(ours)} scripts and styles, {len(pictures)} pictures.",
        )
    ]
