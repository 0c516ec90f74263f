"""The addon's translation files: merging the exported terms into each language.

A program of the virtual environment, which has polib: ``python po_files.py TEMPLATE
FOLDER``; the tests import it too.
"""

import sys
from pathlib import Path

import polib

LANGUAGES = ("es", "es_MX")
WIDTH = 78
# They change at each export and say nothing that git does not know.
DATES = ("POT-Creation-Date", "PO-Revision-Date")


def read_template(path):
    """The exported terms, without what changes at each export."""
    template = polib.pofile(str(path), wrapwidth=WIDTH)
    for date in DATES:
        template.metadata.pop(date, None)
    return template


def merge(template, known, language):
    """A language's file for these terms.

    :param template: the exported terms
    :param known: translations by term; stale ones are dropped, and a term without
        one stays empty, for a person to fill in
    :param language: code of the language
    """
    merged = polib.POFile(wrapwidth=WIDTH)
    merged.header = template.header
    merged.metadata = {
        **template.metadata,
        "Language": language,
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for term in template:
        merged.append(
            polib.POEntry(
                msgid=term.msgid,
                msgstr=known.get(term.msgid, ""),
                occurrences=term.occurrences,
                comment=term.comment,
                flags=term.flags,
            )
        )
    return merged


def update(exported, folder):
    """Write the template and the languages anew; tell what is to be translated."""
    template = read_template(exported)
    template.save(str(folder / f"{folder.parent.name}.pot"))
    for language in LANGUAGES:
        path = folder / f"{language}.po"
        known = {}
        if path.exists():
            known = {entry.msgid: entry.msgstr for entry in polib.pofile(str(path))}
        merged = merge(template, known, language)
        merged.save(str(path))
        missing = [entry.msgid for entry in merged if not entry.msgstr]
        print(f"{path.name}: {len(merged)} terms, {len(missing)} to translate")
        print("".join(f"   {term}\n" for term in missing), end="")


if __name__ == "__main__":
    update(Path(sys.argv[1]), Path(sys.argv[2]))
