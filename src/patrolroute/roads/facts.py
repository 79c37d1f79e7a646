"""What a network holds, counted and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from patrolroute.roads.network import RoadNetwork


def facts_of(network: RoadNetwork) -> dict[str, Any]:
    """Return what a network holds, for a report.

    Returns
    -------
    dict
        nodes, edges, streets_km (each street once), km_by_class, one_way_share, maxspeed_share and named_share
        (of kilometres), names (distinct), bounds, turn_restrictions (relations of the map that are kept),
        turn_restrictions_known (whether the source tells any), turn_restrictions_skipped (others, by reason), cut,
        provenance.
    """
    metres = np.where(network.street, network.length_dm / 10, 0.0)
    total = float(metres.sum()) or 1.0
    classes, which = np.unique(np.array(network.highway, dtype=object).astype(str), return_inverse=True)
    km = np.bincount(which, weights=metres) / 1000
    order = np.argsort(-km, kind="stable")
    named = np.array([bool(name) for name in network.name])
    return {
        "nodes": len(network.node_id),
        "edges": len(network.tail),
        "streets_km": round(float(metres.sum()) / 1000, 3),
        "km_by_class": {str(classes[i]) or "(no class)": round(float(km[i]), 3) for i in order},
        "one_way_share": round(float(metres[network.twin < 0].sum()) / total, 4),
        "maxspeed_share": round(float(metres[~np.isnan(network.maxspeed_kph)].sum()) / total, 4),
        "named_share": round(float(metres[named].sum()) / total, 4),
        "names": len({name for name in network.name if name}),
        "bounds": network.bounds,
        "turn_restrictions": network.restrictions.relations,
        "turn_restrictions_known": network.restrictions.known,
        "turn_restrictions_skipped": dict(network.restrictions.skipped),
        "cut": network.cut.statement,
        "provenance": network.provenance.statement,
    }


def facts_in_words(network: RoadNetwork) -> tuple[tuple[str, str], ...]:
    """Return the facts in words and with their units, to print: pairs of what and how much."""
    facts = facts_of(network)
    west, south, east, north = facts["bounds"]
    named = f"{_percent(facts['named_share'])}, {facts['names']:,} names"
    return (
        ("streets", f"{facts['streets_km']:,.1f} km, each street once"),
        ("network", f"{facts['nodes']:,} nodes, {facts['edges']:,} edges"),
        ("by class", ", ".join(f"{name} {km:,.1f} km" for name, km in facts["km_by_class"].items())),
        ("one-way", _percent(facts["one_way_share"])),
        ("with a speed limit", _percent(facts["maxspeed_share"])),
        ("with a name", named),
        ("area", f"lon {west:.4f} to {east:.4f}, lat {south:.4f} to {north:.4f}"),
        ("turn restrictions", network.restrictions.statement),
        ("left out", facts["cut"]),
        ("source", facts["provenance"]),
    )


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " % of the kilometres")
