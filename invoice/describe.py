"""What is made from the table of fields for others: the XSD that the project ships, and the page of the docs.

``python -m invoice.describe`` writes ``invoice/schema/hdon-1.xsd``, ``hdon-2.xsd`` and
``docs/invoice-fields.md`` anew; a test holds the files against the table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from invoice.fields import FIELDS, Field, Group, Type
from invoice.numbers import Form

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA_FOLDER = Path(__file__).parent / "schema"
DOCS_PAGE = Path(__file__).parent.parent / "docs" / "invoice-fields.md"
_SIGNATURE = '<xs:any namespace="http://www.w3.org/2000/09/xmldsig#" processContents="skip" minOccurs="0"/>'


def schema(form: Form) -> str:
    """The XSD of an HDon of one form, as we write it: fixed order, lengths and digits of the tables."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<!-- Made from invoice/fields.py by python -m invoice.describe: change it there. -->",
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">',
        '<xs:element name="HDon"><xs:complexType><xs:sequence>',
        *_group_schema(FIELDS, int(form), '<xs:attribute name="Id" type="xs:ID" use="required"/>'),
        _leaf_schema(Field("MCCQT", "", "Mã của cơ quan thuế", 34)),
        _leaf_schema(Field("DLQRCode", "", "Dữ liệu QR", 512, required=False)),
        '<xs:element name="DSCKS"><xs:complexType><xs:sequence>',
        f'<xs:element name="NBan"><xs:complexType><xs:sequence>{_SIGNATURE}</xs:sequence></xs:complexType>',
        "</xs:element>",
        "</xs:sequence></xs:complexType></xs:element>",
        "</xs:sequence></xs:complexType></xs:element>",
        "</xs:schema>",
    ]
    return "\n".join(parts) + "\n"


def fields_page() -> str:
    """The page of the docs: every field with its path, name, length and where it stands."""
    rows = [
        "# The fields of an invoice",
        "",
        "Made from `invoice/fields.py` by `python -m invoice.describe`. Forms 1 (VAT) and 2 (sales), in",
        "the order they are written. `x,y`: x digits, of which y decimals.",
        "",
        "| field | name | longest | type | must be there | forms | since |",
        "|---|---|---|---|---|---|---|",
    ]
    rows += _rows(FIELDS, FIELDS.tag)
    return "\n".join(rows) + "\n"


def _rows(group: Group, path: str) -> Iterator[str]:
    for entry in group.children:
        here = f"{path}/{entry.tag}"
        forms = ", ".join(map(str, entry.forms))
        if isinstance(entry, Group):
            often = "any number" if entry.each else ("if there is one" if entry.unless_empty else "yes")
            yield f"| `{here}` | | | group | {often} | {forms} | |"
            yield from _rows(entry, here)
        else:
            longest = f"{entry.longest},{entry.decimals}" if entry.decimals else str(entry.longest)
            must = "yes" if entry.required else "no"
            cells = (f"`{here}`", entry.name, longest, entry.type.value, must, forms, entry.since)
            yield f"| {' | '.join(cells)} |"


def _group_schema(group: Group, form: int, attributes: str = "") -> Iterator[str]:
    least = ' minOccurs="0"' if group.each or group.unless_empty else ""
    most = ' maxOccurs="unbounded"' if group.each else ""
    yield f'<xs:element name="{group.tag}"{least}{most}><xs:complexType><xs:sequence>'
    for entry in group.children:
        if form not in entry.forms:
            continue
        if isinstance(entry, Group):
            yield from _group_schema(entry, form)
        else:
            yield _leaf_schema(entry)
    yield f"</xs:sequence>{attributes}</xs:complexType></xs:element>"


def _leaf_schema(field: Field) -> str:
    match field.type:
        case Type.DAY:
            day = '<xs:pattern value="[0-9]{4}-[0-9]{2}-[0-9]{2}"/>'
            restriction = f'<xs:restriction base="xs:date">{day}</xs:restriction>'
        case Type.NUMBER:
            restriction = (
                f'<xs:restriction base="xs:decimal"><xs:totalDigits value="{field.longest}"/>'
                f'<xs:fractionDigits value="{field.decimals}"/></xs:restriction>'
            )
        case Type.TEXT:
            restriction = (
                '<xs:restriction base="xs:string"><xs:minLength value="1"/>'
                f'<xs:maxLength value="{field.longest}"/></xs:restriction>'
            )
    least = "" if field.required else ' minOccurs="0"'
    note = f"<xs:documentation>{escape(field.name)}</xs:documentation>"
    return (
        f'<xs:element name="{field.tag}"{least}><xs:annotation>{note}</xs:annotation>'
        f"<xs:simpleType>{restriction}</xs:simpleType></xs:element>"
    )


def main() -> int:
    """Write the files anew."""
    SCHEMA_FOLDER.mkdir(exist_ok=True)
    for form in Form:
        (SCHEMA_FOLDER / f"hdon-{int(form)}.xsd").write_text(schema(form), "utf-8")
    DOCS_PAGE.write_text(fields_page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
