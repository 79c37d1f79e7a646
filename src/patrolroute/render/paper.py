"""All patrol sheets on one page of HTML that a browser prints: new paper for each squad, and the map at the end."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from patrolroute.render.sheet import patrol_sheet

if TYPE_CHECKING:
    from patrolroute.render.night import Night

_STYLE = """
@page { size: A4; margin: 12mm; }
body { font: 10pt/1.3 "Noto Sans", "DejaVu Sans", Arial, sans-serif; color: #111; max-width: 186mm; margin: 6mm auto; }
section { break-after: page; margin-bottom: 12mm; }
section:last-child { break-after: auto; }
h1 { font-size: 15pt; margin: 0 0 3mm; }
blockquote { margin: 2mm 0; padding: 2mm 3mm; border: 1.5pt solid #b00020; color: #b00020; text-align: center; }
blockquote p { margin: 0; }
table { border-collapse: collapse; width: 100%; margin: 0 0 4mm; }
th, td { border: 0.5pt solid #777; padding: 1mm 1.5mm; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
table:first-of-type thead { display: none; }
table:first-of-type td:first-child { width: 42mm; }
table:nth-of-type(2) th:nth-child(1) { width: 7mm; }
table:nth-of-type(2) th:nth-child(3) { width: 24mm; }
table:nth-of-type(2) th:nth-child(4) { width: 38mm; }
table:nth-of-type(2) th:nth-child(5) { width: 18mm; }
li, p { overflow-wrap: anywhere; }
img { width: 100%; }
@media print { body { margin: 0; max-width: none; } section { margin: 0; } }
"""


def sheets_page(night: Night) -> str:
    """Return all patrol sheets as one HTML page to print, in the order of the squads, and the map at the end.

    The page has no script and loads nothing but `map.png` from its own folder. No name in a sheet becomes markup.

    Parameters
    ----------
    night : Night
    """
    # Markup that stands in a sheet's text stays text: only what Markdown itself makes is let through.
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["autolink", "image", "link"])
    sheets = (reader.render(patrol_sheet(night, squad.id)) for squad in night.scenario.squads)
    sections = "\n".join(f"<section>\n{sheet}</section>" for sheet in sheets)
    title = escape(night.scenario.name)
    return (
        '<!doctype html>\n<html lang="id">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{sections}\n"
        f'<section><img src="map.png" alt="Peta / map: {title}"></section>\n</body>\n</html>\n'
    )
