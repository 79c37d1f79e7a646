"""The map to click on: folium, with every name escaped and the roads themselves as ground where no tiles are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import folium
import numpy as np
import shapely
from branca.element import Element

from patrolroute.render.areas import beat_line, beat_text, extents
from patrolroute.render.closed import closed_areas, closed_streets
from patrolroute.render.passed import passing_text
from patrolroute.render.places import is_approximate, position_text
from patrolroute.render.printed.marks import CLOSED, GREY, INK, SLOW, inks
from patrolroute.render.printed.page import Frame, edges_within, plan_bounds, road_rank
from patrolroute.render.slowed import slow_grounds
from patrolroute.render.stays import sign_of, stays_of
from patrolroute.render.summary import summarise
from patrolroute.render.wording import (
    back_text,
    between_text,
    length_text,
    markup,
    share_text,
    span_text,
    stops_text,
    streets_text,
    weight_text,
    worth_text,
)
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from folium.map import FeatureGroup
    from shapely import Polygon

    from patrolroute.plans import Route, Visit
    from patrolroute.render.closed import ClosedStreet
    from patrolroute.render.drives import Drive
    from patrolroute.render.night import Night
    from patrolroute.render.printed.marks import Ink
    from patrolroute.render.printed.page import Bounds
    from patrolroute.render.stays import Sign
    from patrolroute.scenario.model import Place

_MOST_EDGES = 30_000
_KEY_STYLE = (
    "#patrolroute-key{position:fixed;left:12px;bottom:62px;z-index:9999;max-width:330px;max-height:60%;overflow:auto;"
    "background:rgba(255,255,255,.93);border:1px solid #999;font:12px/1.45 sans-serif}"
    "#patrolroute-told{padding:6px 8px}#patrolroute-key summary{cursor:pointer}"
    "@media(max-width:640px){ #patrolroute-key{left:8px;right:8px;bottom:56px;max-width:none;max-height:45%}"
    ".leaflet-control-layers{max-height:24vh;overflow:auto;font-size:11px}}"
)
_KEY_SCRIPT = (
    "<script>if (window.innerWidth <= 640) "
    "document.getElementById('patrolroute-told').removeAttribute('open');</script>"
)
"""On a telephone the key would hide the map: only its heading is shown until it is touched."""

_PENNANT = (
    '<svg style="position:absolute;left:20px;top:-11px" width="14" height="18"><path d="M2 17V2L13 6L2 10" '
    f'fill="{INK}" stroke="{INK}" stroke-width="1.5" stroke-linejoin="round"/></svg>'
)
_SIGN_WORDS = {
    "joint": "black outline: squads meet (titik singgung)",
    "post": "pennant: post that is held (penjagaan)",
}
_OFFLINE = (
    '<div id="patrolroute-offline" hidden style="position:fixed;inset:0;z-index:10000;background:#fff;padding:2em;'
    'font:16px/1.5 sans-serif">This map needs a network to load Leaflet, which draws it. Connect and open the page '
    "again; map.png and the sheets need none.</div>"
    "<noscript>This map needs JavaScript to be shown.</noscript>"
    "<script>if (window.L === undefined) document.getElementById('patrolroute-offline').hidden = false;</script>"
)


def explore(night: Night, *, tiles: str | folium.TileLayer | None = None) -> folium.Map:
    """Return the plan as a folium map: a layer for each squad, one for the sites left out, popups, a key.

    Without `tiles` the roads of the plan are drawn as the ground, so that only Leaflet itself is fetched; of more than
    30,000 streets only the larger classes. Names are escaped for HTML, JavaScript and Jinja, all of which folium passes
    them through. The key says where the roads come from, whatever the ground. Closed areas are
    outlined, streets closed by name barred, areas where driving is slower outlined in dots.

    The page itself holds no Leaflet: a browser needs the internet (a content delivery network) to show it, and the page
    says so where Leaflet cannot be loaded. `draw_map` and the sheets need none.

    Parameters
    ----------
    night : Night
    tiles : str, folium.TileLayer or None
        The name of a tile set that folium knows ("OpenStreetMap"), or a layer with a URL and attribution of its own.
    """
    box = plan_bounds(night).wider(0.04)
    shown = folium.Map(
        location=((box.south + box.north) / 2, (box.west + box.east) / 2),
        tiles=tiles,
        prefer_canvas=True,
        control_scale=True,
    )
    if tiles is None:
        _ground(night, box).add_to(shown)
    squad_inks = dict(zip((squad.id for squad in night.scenario.squads), inks(len(night.scenario.squads)), strict=True))
    for route in night.plan.routes:
        _squad_layer(night, route, squad_inks[route.squad]).add_to(shown)
    if night.plan.skipped:
        _skipped_layer(night).add_to(shown)
    if night.scenario.areas:
        _areas_layer(night).add_to(shown)
    _ends_layer(night).add_to(shown)
    areas, streets = closed_areas(night.scenario), closed_streets(night, _around(box))
    if areas or streets:
        _closed_layer(areas, streets).add_to(shown)
    if night.scenario.travel.slow:
        _slow_layer(night).add_to(shown)
    folium.LayerControl(collapsed=False).add_to(shown)
    shown.fit_bounds([[box.south, box.west], [box.north, box.east]])
    root: Any = shown.get_root()
    root.html.add_child(Element(_key(night, squad_inks)), name="patrolroute_key")
    root.html.add_child(Element(_OFFLINE), name="patrolroute_offline")
    root.header.add_child(
        Element("<style>.folium-map.leaflet-container{background:#f8f7f4}</style>"), name="patrolroute_style"
    )
    return shown


def _ground(night: Night, box: Bounds) -> folium.GeoJson:
    """Return the streets around the plan, one MultiLineString for each class of road."""
    roads = night.roads
    edges = edges_within(roads, _around(box)).tolist()
    if len(edges) > _MOST_EDGES:
        edges = sorted(edges, key=lambda edge: -road_rank(roads.highway[edge])[0])[:_MOST_EDGES]
    start, lonlat = roads.shape_start, np.round(roads.shape_lonlat, 5)
    ranked: dict[tuple[float, str], list[list[list[float]]]] = {}
    for edge in edges:
        line = lonlat[start[edge] : start[edge + 1]].tolist()
        ranked.setdefault(road_rank(roads.highway[edge]), []).append(line)
    features = [
        {
            "type": "Feature",
            "properties": {"weight": width * 1.6, "color": colour},
            "geometry": {"type": "MultiLineString", "coordinates": lines},
        }
        for (width, colour), lines in sorted(ranked.items())
    ]
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name="Roads",
        style_function=lambda feature: {**feature["properties"], "opacity": 1.0},
        interactive=False,
        smooth_factor=0.5,
    )


def _around(box: Bounds) -> Bounds:
    """Return the box in which streets are drawn: what a screen shows at first, and a margin."""
    return Frame.fit(box, 842, 595).bounds.wider(0.25)


def _squad_layer(night: Night, route: Route, ink: Ink) -> FeatureGroup:
    title = markup(night.squad(route.squad).title)
    layer = folium.FeatureGroup(name=title)
    for drive in night.drives(route):
        if drive.leg is not None:
            folium.PolyLine(  # type: ignore[no-untyped-call] # folium leaves it untyped
                [(lat, lon) for lon, lat, *_ in drive.leg.line.coords],
                color=ink.ground,
                weight=4,
                opacity=0.85,
                dash_array=None if ink.dash == "solid" else "9 5",
                tooltip=folium.Tooltip(
                    f"{title}: {markup(drive.origin.title)} &rarr; {markup(drive.destination.title)}"
                ),
                popup=_popup([f"<b>{title}, leg {drive.number}</b>", *_drive_lines(night, drive)]),
            ).add_to(layer)
    for visit in route.visits:
        if (beat := night.beat(visit)) is not None:
            folium.PolyLine(  # type: ignore[no-untyped-call] # folium leaves it untyped
                [(lat, lon) for lon, lat in np.round(beat_line(night, beat), 6).tolist()],
                color=ink.ground,
                weight=6,
                opacity=0.7,
                tooltip=folium.Tooltip(f"{title}: {markup(night.beat_title(beat))}"),
                popup=_popup([f"<b>{markup(night.beat_title(beat))}</b>", markup(beat_text(night, beat))]),
            ).add_to(layer)
    for number, _, visit in stays_of(night, route):
        site = night.stop(visit)
        times = span_text(night, night.clock(visit.begin_s), night.clock(visit.end_s))
        stay = "seen from the road" if night.seen(visit) else between_text(visit.begin_s, visit.end_s)
        lines = [
            f"<b>{number}. {markup(site.title)}</b>",
            f"{title}, {times} ({stay})",
            *_sign_lines(night, visit),
            *([markup(worth_text(night, visit))] if visit.site else []),
            *_position_lines(site),
        ]
        folium.Marker(
            (site.lat, site.lon),
            icon=folium.DivIcon(
                html=_badge(
                    str(number),
                    ink,
                    site.tier if visit.site else None,
                    white=is_approximate(site),
                    sign=sign_of(night, visit),
                ),
                icon_size=(24, 24),
            ),
            tooltip=folium.Tooltip(f"{number}. {markup(site.title)}, {times}"),
            popup=_popup(lines),
        ).add_to(layer)
    return layer


def _drive_lines(night: Night, drive: Drive) -> list[str]:
    return [
        f"{markup(drive.origin.title)} &rarr; {markup(drive.destination.title)}",
        f"{span_text(night, night.clock(drive.leave_s), night.clock(drive.arrive_s))}, "
        f"{length_text(drive.drive_m)}, {between_text(drive.leave_s, drive.arrive_s)}",
        markup(streets_text(drive.leg)),
    ]


def _position_lines(place: Place) -> list[str]:
    source = f" (source: {markup(place.source)})" if place.source else ""
    return [f"<i>{position_text(place)}{source}</i>"]


def _popup(lines: Sequence[str]) -> folium.Popup:
    return folium.Popup("<br>".join(lines), max_width=320)


def _sign_lines(night: Night, visit: Visit) -> list[str]:
    """Return what the sign of a stop means, where it has one."""
    match sign_of(night, visit):
        case "joint":
            squads = counted(len(night.met(visit)) + 1, "squad")
            return [f"titik singgung / joint stop: {squads} meet here"]
        case "post":
            presence = night.presences[visit.site]
            held = span_text(night, presence.period.opens, presence.period.closes)
            return [f"penjagaan / post: {counted(presence.squads, 'squad')} from {held}"]
        case _:
            return []


def _badge(text: str, ink: Ink, tier: int | None, *, white: bool, sign: Sign) -> str:
    radius = {None: "9px 9px 3px 3px", 1: "3px", 2: "50%"}.get(tier, "9px 0")
    ground, writing = ("#ffffff", INK) if white else (ink.ground, ink.writing)
    edge = ink.ground if white else "#ffffff"
    outline = f";box-shadow:0 0 0 2px {INK}" if sign == "joint" else ""
    return (
        f'<div style="width:22px;height:22px;border-radius:{radius};background:{ground};color:{writing};'
        f'border:2px solid {edge};font:bold 12px/22px sans-serif;text-align:center{outline}">{text}</div>'
        f"{_PENNANT if sign == 'post' else ''}"
    )


def _skipped_layer(night: Night) -> FeatureGroup:
    layer = folium.FeatureGroup(name="Left out")
    for each in night.plan.skipped:
        site = night.left_out(each)
        lines = [
            f"<b>{markup(site.title)}</b>: left out",
            markup(each.reason),
            *filter(None, [markup(passing_text(night, each.site))]),
            f"tier {each.tier}, weight {weight_text(each.weight)}" + (", required" if each.required else ""),
            *_position_lines(site),
        ]
        folium.Marker(
            (site.lat, site.lon),
            icon=folium.DivIcon(
                html=f'<div style="color:{GREY};font:bold 20px/22px sans-serif;text-align:center">&#10005;</div>',
                icon_size=(22, 22),
            ),
            tooltip=folium.Tooltip(f"left out: {markup(site.title)}"),
            popup=_popup(lines),
        ).add_to(layer)
    return layer


def _ends_layer(night: Night) -> FeatureGroup:
    layer = folium.FeatureGroup(name="Start and end places")
    for place in night.bases:
        folium.CircleMarker(
            (place.lat, place.lon),
            radius=8,
            color="#ffffff",
            weight=2,
            fill=True,
            fill_color=INK,
            fill_opacity=1.0,
            tooltip=folium.Tooltip(markup(place.title)),
            popup=_popup([f"<b>{markup(place.title)}</b>", "where squads start or end", *_position_lines(place)]),
        ).add_to(layer)
    return layer


def _areas_layer(night: Night) -> FeatureGroup:
    layer = folium.FeatureGroup(name="Areas")
    for (area, shape), told in zip(extents(night), night.area_shares, strict=True):
        lines = [
            f"<b>{markup(area.title)}</b>: {share_text(told.share, 1.0)} driven, {share_text(area.share, 1.0)} wanted",
            f"{length_text(told.beats_m)} by {told.beats_driven} of {counted(told.beats, 'beat')}, "
            f"{length_text(told.way_m)} on the way, of {length_text(told.total_m)}",
            f"tier {area.tier}, weight {area.weight}; at {area.patrol_kph:g} km/h",
        ]
        for part in shapely.get_parts(shape):
            rings = (part.exterior, *part.interiors)
            folium.Polygon(
                [[(lat, lon) for lon, lat in np.round(ring.coords, 6).tolist()] for ring in rings],
                color=INK,
                weight=2,
                dash_array="8 5",
                fill=True,
                fill_opacity=0.04,
                tooltip=folium.Tooltip(lines[0]),
                popup=_popup(lines),
            ).add_to(layer)
    return layer


def _closed_layer(areas: Sequence[Polygon], streets: Sequence[ClosedStreet]) -> FeatureGroup:
    layer = folium.FeatureGroup(name="Closed for the night")
    for street in streets:
        folium.PolyLine(  # type: ignore[no-untyped-call] # folium leaves it untyped
            [[(lat, lon) for lon, lat in np.round(line, 6).tolist()] for line in street.lines],
            color=CLOSED,
            weight=6,
            opacity=1.0,
            line_cap="butt",
            dash_array="5 4",
            tooltip=folium.Tooltip(f"closed: {markup(street.name)}"),
        ).add_to(layer)
    for number, area in enumerate(areas, start=1):
        folium.Polygon(
            [(lat, lon) for lon, lat in area.exterior.coords],
            color=CLOSED,
            weight=2,
            dash_array="6 5",
            fill=True,
            fill_opacity=0.12,
            tooltip=folium.Tooltip(f"closed area {number}: no street in it may be driven"),
        ).add_to(layer)
    return layer


def _slow_layer(night: Night) -> FeatureGroup:
    layer = folium.FeatureGroup(name="Driving is slower")
    for ground in slow_grounds(night.scenario):
        folium.Polygon(
            [(lat, lon) for lon, lat in ground.area.exterior.coords],
            color=SLOW,
            weight=2,
            dash_array="1 5",
            fill=True,
            fill_opacity=0.12,
            tooltip=folium.Tooltip(markup(ground.words)),
        ).add_to(layer)
    return layer


def _key(night: Night, squad_inks: dict[str, Ink]) -> str:
    told = summarise(night)
    warnings = "".join(
        f'<div style="background:#b00020;color:#fff;font-weight:bold;padding:4px 8px">{markup(warning)}</div>'
        for warning in told.warnings
    )
    lines = [f"<b>{markup(told.title)}</b>"]
    for squad in night.scenario.squads:
        route, ink = night.route(squad.id), squad_inks[squad.id]
        stops = stops_text(night, route) if route else "0 stops"
        back = f", back {back_text(night, route)}" if route and route.visits else ""
        lines.append(
            f'<span style="display:inline-block;width:18px;height:4px;background:{ink.ground};vertical-align:middle">'
            f"</span> {markup(squad.title)}: {stops}{back}"
        )
    lines.append("square, circle, leaf: tier 1, 2, lower; arch: break; white: position approximate; &#10005;: left out")
    signs = {sign_of(night, visit) for route in night.plan.routes for visit in route.visits}
    lines += [words for sign, words in _SIGN_WORDS.items() if sign in signs]
    if told.closed:
        lines.append(
            f'<span style="color:{CLOSED}">closed (red bars, or a red outline):</span> {markup("; ".join(told.closed))}'
        )
    lines += [f"<small>{markup(remark)}</small>" for remark in told.remarks]
    body = "<br>".join(lines[1:])
    if told.notes:
        notes = "<br>".join(f"<small>{markup(note)}</small>" for note in told.notes)
        body += f"<details><summary>Notes</summary>{notes}</details>"
    return (
        f'<div id="patrolroute-key">{warnings}<details id="patrolroute-told" open><summary>{lines[0]}</summary>{body}'
        f"</details></div><style>{_KEY_STYLE}</style>{_KEY_SCRIPT}"
    )
