"""Who may stop where is told where it matters, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from patrolroute.render import patrol_sheet, summary
from patrolroute.render.summary import summarise


def asking(night, **asks):
    """Return the night with its first site, and the last, asking something of squads."""
    first, *others, last = night.scenario.sites
    sites = (first.model_copy(update=asks), *others, last.model_copy(update=asks))
    squads = tuple(
        squad.model_copy(update={"people": {"Preventif": 4, "Sterilisasi": k}})
        for k, squad in enumerate(night.scenario.squads, start=1)
    )
    return replace(night, scenario=night.scenario.model_copy(update={"sites": sites, "squads": squads}))


def test_the_sheet_and_the_summary_say_who_is_asked_for(make_night):
    night = asking(make_night(), needs={"Sterilisasi": 2, "a|b": 1}, people_min=6, vehicles=("car",))
    assert r"KPU Kota (tier 1; asks for Sterilisasi 2, a\|b 1, 6 people, car)" in patrol_sheet(night, "regu-1")
    assert summarise(night).teams.rows == (("KPU Kota, RSUD", "Sterilisasi 2, a|b 1, 6 people, car", "none"),)
    two = asking(make_night(), needs={"Sterilisasi": 2})
    assert summarise(two).teams.rows == (("KPU Kota, RSUD", "Sterilisasi 2", "Regu 2"),)
    assert "Who may stop where" in summary(two)


def test_certain_squads(make_night):
    night = asking(make_night(), not_by=("regu-2",))
    assert summarise(night).teams.rows == (("KPU Kota, RSUD", "certain squads", "Regu 1"),)
    assert "asks for" not in patrol_sheet(night, "regu-1")


def test_nothing_is_said_where_every_squad_will_do(night):
    assert "Who may stop where" not in summary(night)
    assert "asks for" not in patrol_sheet(night, "regu-1")
