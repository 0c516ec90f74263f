"""The translation files are complete and say what the sources say."""

import io
import re

import polib
import pytest
from devenv.paths import ADDON, ADDON_NAME
from devenv.po_files import LANGUAGES, merge, read_template

from odoo.api import SUPERUSER_ID, Environment
from odoo.modules.registry import Registry
from odoo.tests.common import get_db_name
from odoo.tools.translate import trans_export

I18N = ADDON / "i18n"
REMEDY = "run: make i18n"
# %(name)s, %s, %d, {name} and the tags of a text: a translation has the same.
PLACEHOLDER = re.compile(r"%\(\w+\)[sdfr]|%[sd]|\{\w+\}|</?\w+|t-out=\"[^\"]*\"")


def summary(po_file):
    """What counts about the terms of a file: the text and where it is used."""
    return {(entry.msgid, *sorted(map(str, entry.occurrences))) for entry in po_file}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The terms that Odoo finds in the installed addon right now."""
    buffer = io.BytesIO()
    with Registry(get_db_name()).cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        trans_export(None, [ADDON_NAME], buffer, "po", env)
    path = tmp_path_factory.mktemp("i18n") / "exported.pot"
    path.write_bytes(buffer.getvalue())
    return read_template(path)


@pytest.fixture(params=LANGUAGES)
def translation(request):
    """The file of one language."""
    return polib.pofile(str(I18N / f"{request.param}.po"))


def test_template_is_what_odoo_exports(exported):
    committed = read_template(I18N / f"{ADDON_NAME}.pot")
    assert summary(exported) - summary(committed) == set(), f"missing; {REMEDY}"
    assert summary(committed) - summary(exported) == set(), f"stale; {REMEDY}"


def test_language_has_exactly_the_terms(translation, exported):
    assert summary(exported) - summary(translation) == set(), f"missing; {REMEDY}"
    assert summary(translation) - summary(exported) == set(), f"stale; {REMEDY}"
    assert [entry.msgid for entry in translation.obsolete_entries()] == []


def test_each_term_is_translated(translation):
    assert [entry.msgid for entry in translation.untranslated_entries()] == []
    assert [entry.msgid for entry in translation.fuzzy_entries()] == []


def test_placeholders_and_tags_are_kept(translation):
    def parts(text):
        return sorted(PLACEHOLDER.findall(text))

    differing = [e.msgid for e in translation if parts(e.msgid) != parts(e.msgstr)]
    assert differing == []


def test_merging_drops_stale_terms_and_keeps_translations(tmp_path):
    path = tmp_path / "new.pot"
    path.write_text(
        'msgid ""\nmsgstr ""\n\nmsgid "Kept"\nmsgstr ""\n\nmsgid "New"\nmsgstr ""\n'
    )
    merged = merge(read_template(path), {"Kept": "Queda", "Gone": "Fue"}, "es")
    assert {e.msgid: e.msgstr for e in merged} == {"Kept": "Queda", "New": ""}
