"""What a plan is shown and written as: tables, summary, sheets, GIS and GPX files, maps on paper and on screen."""

from patrolroute.render.drives import Drive
from patrolroute.render.folder import check_out_dir, file_stems
from patrolroute.render.gis import geojson, write_geopackage
from patrolroute.render.gpx import squad_gpx
from patrolroute.render.grid import Grid
from patrolroute.render.idleness import idleness_table
from patrolroute.render.night import Night
from patrolroute.render.outputs import write_outputs
from patrolroute.render.printed.picture import draw_map
from patrolroute.render.sheet import patrol_sheet
from patrolroute.render.summary import Summary, summarise, summary, summary_html, summary_tables
from patrolroute.render.tables import areas_table, legs_table, skipped_table, visits_table
from patrolroute.render.webmap import explore

__all__ = [
    "Drive",
    "Grid",
    "Night",
    "Summary",
    "areas_table",
    "check_out_dir",
    "draw_map",
    "explore",
    "file_stems",
    "geojson",
    "idleness_table",
    "legs_table",
    "patrol_sheet",
    "skipped_table",
    "squad_gpx",
    "summarise",
    "summary",
    "summary_html",
    "summary_tables",
    "visits_table",
    "write_geopackage",
    "write_outputs",
]
