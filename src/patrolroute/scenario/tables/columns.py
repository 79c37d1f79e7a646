"""The columns of each table, and how the fields of all of them are written."""

from __future__ import annotations

from patrolroute.scenario.tables.rows import Columns

PLACE = ("id", "name", "lon", "lat", "placement", "source")
_TIMING = ("worth", "seen_within_m", "seen_weight", "wait")
_REVISITS = ("visits", "every_min", "gap_min", "gap_max_min", "revisit_weight", "squads_alternate",
             "squads_together")  # fmt: skip
TEAM = ("needs", "people_min", "vehicles", "only_by", "not_by")
AREA = ("id", "name", "tier", "weight", "share", "full_share", "beyond_worth", "streets",
         "patrol_kph", "windows", "rings", "holes", "boundary", "names", "name_column", "street", "buffer_m", "source",
         *TEAM)  # fmt: skip
SITE = (*PLACE, "tier", "weight", "dwell_min", "windows", "required", *_TIMING, *_REVISITS, *TEAM)
FLAT_SHIFT = {"shift_start": "start", "shift_end": "end", "briefing_min": "briefing_min",
               "debriefing_min": "debriefing_min"}  # fmt: skip
SQUAD = ("id", "name", "people", "vehicle", "speed_factor", "start", "end", *FLAT_SHIFT, "max_driving_min",
          "max_stops", "overtime_min", "breaks", "longest_without_break_min")  # fmt: skip
PRESENCE = ("id", "name", "squads", "period", "place", "slot_min", "tier", "weight", "all_or_nothing",
             "required", "area")  # fmt: skip

COLUMNS = {
    "places": Columns(what="places", known=PLACE, required=("id", "lon", "lat")),
    "sites": Columns(what="sites", known=SITE, required=("id", "lon", "lat")),
    "areas": Columns(what="areas", known=AREA, required=("id",)),
    "squads": Columns(what="squads", known=SQUAD, required=("id", "start", "end", "shift_start", "shift_end")),
    "presence": Columns(what="presences", known=PRESENCE, required=("id", "period", "place")),
}
NESTED = {"squads": ("shift",), "presence": ("ring",)}
"""Fields that only the nested form of TOML and JSON has."""

DECIMAL = {"lon", "lat", "dwell_min", "speed_factor", "briefing_min", "debriefing_min", "max_driving_min",
            "overtime_min", "seen_within_m", "every_min", "gap_min", "gap_max_min", "longest_without_break_min",
            "slot_min", "share", "full_share", "beyond_worth", "patrol_kph", "buffer_m"}  # fmt: skip
WHOLE = {"tier", "weight", "seen_weight", "visits", "revisit_weight", "squads_together", "squads", "people_min",
          "max_stops"}  # fmt: skip
TOP_LEVEL = {"schema_version", "date", "timezone", "places", "sites", "areas", "squads", "presence", "closures",
              "travel", "notes", "balance",
              "max_spread_stops", "max_spread_duty_min", "overtime_price"}  # fmt: skip
