"""How far apart squads are, and what overtime costs, is told where the scenario asks, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from patrolroute.plans import TierBound
from patrolroute.render import explore, patrol_sheet, summary, summary_html
from patrolroute.render.shares import shares_words
from patrolroute.render.summary import summarise


def wishing(night, *, overtime_min=0.0, **wishes):
    squads = tuple(squad.model_copy(update={"overtime_min": overtime_min}) for squad in night.scenario.squads)
    return replace(night, scenario=type(night.scenario).model_validate(
        night.scenario.model_dump() | {"squads": squads} | wishes
    ))  # fmt: skip


def test_nothing_is_said_where_nobody_asks(night):
    assert shares_words(night) == ()
    assert shares_words(wishing(night, overtime_min=20)) == ()


def test_overtime_is_told_without_a_price_and_a_price_without_overtime(make_night):
    night = wishing(make_night(), overtime_min=60)
    first, *others = night.plan.routes
    back_s = night.scenario.seconds(night.squad(first.squad).shift.back)
    late = replace(night.plan, routes=(replace(first, return_s=back_s + 180), *others))
    since = "counted from a shift's end less its debriefing"
    assert shares_words(replace(night, plan=late)) == (f"Overtime: 3 min in all, {since}.",)
    tier = make_night().scenario.sites[0].tier
    in_vain = wishing(make_night(), overtime_price={"tier": tier, "weight_per_h": 1})
    assert shares_words(in_vain) == ("Overtime has a price, and no squad may make any.",)


@pytest.mark.parametrize("wish", [{"balance": "stops"}, {"max_spread_stops": 4}, {"max_spread_duty_min": 95}])
def test_the_least_and_the_most_of_all_squads_are_told_with_the_limits(make_night, wish):
    night = wishing(make_night(), **wish)
    (told,) = shares_words(night)
    visits = [sum(bool(visit.site) for visit in route.visits) for route in night.plan.routes]
    assert f"A squad makes {min(visits)} to {max(visits)} stops" in told
    assert told.endswith(", from when its shift lets it leave.")
    assert ("(at most 4 apart)" in told) == ("max_spread_stops" in wish)
    assert ("(at most 1 h 35 min apart)" in told) == ("max_spread_duty_min" in wish)
    assert told in summarise(night).remarks
    assert told in summary(night)


def test_overtime_is_told_with_its_cost(make_night):
    tier = make_night().scenario.sites[0].tier
    price = {"tier": tier, "weight_per_h": 8}
    night = wishing(make_night(), overtime_min=60, overtime_price=price)
    late_s = sum(map(night.overtime_s, night.plan.routes))
    assert late_s == 0
    assert shares_words(night) == (f"Overtime: none, an hour would cost 8 of tier {tier}.",)
    first, *others = night.plan.routes
    back_s = night.scenario.seconds(night.squad(first.squad).shift.back)
    late = replace(night.plan, routes=(replace(first, return_s=back_s + 900), *others))
    assert shares_words(replace(night, plan=late)) == (
        f"Overtime: 15 min, counted from a shift's end less its debriefing, which costs 2 of tier {tier}.",
    )


def test_the_cost_is_that_of_the_objective_to_the_last_thousandth(make_night):
    """In binary 180 s at 1.1 an hour are a hair more than 0.055."""
    tier = make_night().scenario.sites[0].tier
    night = wishing(make_night(), overtime_min=60, overtime_price={"tier": tier, "weight_per_h": 1.1})
    first, *others = night.plan.routes
    back_s = night.scenario.seconds(night.squad(first.squad).shift.back)
    late = replace(night.plan, routes=(replace(first, return_s=back_s + 180), *others))
    (told,) = shares_words(replace(night, plan=late))
    assert told.startswith("Overtime: 3 min, ")
    assert told.endswith(f", which costs 0.055 of tier {tier}.")


def test_who_is_late_is_told_when_it_was_due(make_night):
    """The shift ends at 02:00, its debriefing begins at 01:45."""
    night = wishing(make_night(), overtime_min=30)
    first, *others = night.plan.routes
    back_s = night.scenario.seconds(night.squad(first.squad).shift.back)
    late = replace(night, plan=replace(night.plan, routes=(replace(first, return_s=back_s + 179), *others)))
    said = "2 min late (due 01:45 (24 Nov))"
    squads = summarise(late).squads
    assert squads.rows[0][squads.heads.index("back")] == f"01:47 (24 Nov), {said}"
    assert f"back 01:47 (24 Nov), {said}" in explore(late).get_root().render()
    sheet = patrol_sheet(late, first.squad)
    assert "| Lembur / overtime | 2 min planned, 30 min allowed |" in sheet
    assert "01:47 (24 Nov) at Mapolda NTT, due 01:45 (24 Nov), 02:15 (24 Nov) at the latest" in sheet
    on_time = patrol_sheet(night, first.squad)
    assert "due 01:45 (24 Nov), 02:15 (24 Nov) at the latest" in on_time
    assert "late (due" not in on_time


OUTSIDE = {
    "price": ({"overtime_min": 60, "overtime_price": {"tier": 1, "weight_per_h": 8}}, "what overtime costs"),
    "overtime": ({"overtime_min": 60}, "how much overtime is made"),
    "balance": ({"balance": "duty"}, "how evenly squads share the night (balance)"),
}


@pytest.mark.parametrize("wish", OUTSIDE)
def test_a_proof_names_what_it_does_not_speak_of(make_night, wish):
    wishes, words = OUTSIDE[wish]
    plain = make_night()
    proved = tuple(
        TierBound(tier=each.tier, upper_weight=each.covered_weight, proved=True, method="prices")
        for each in plain.plan.coverage
    )
    open_bound = (replace(proved[0], upper_weight=proved[0].upper_weight + 1, proved=False), *proved[1:])
    for bound, claim in ((proved, "Proved: no plan covers more"), (open_bound, "proved that no plan covers more")):
        asked = wishing(replace(plain, plan=replace(plain.plan, bound=bound)), **wishes)
        in_time = summary(asked)
        assert "no plan covers more" in in_time
        assert ("Outside of" in in_time) == (wish == "balance"), "there is no less overtime than none"
        first, *others = asked.plan.routes
        back_s = asked.scenario.seconds(asked.squad(first.squad).shift.back)
        late = replace(asked.plan, routes=(replace(first, return_s=back_s + 900), *others))
        asked = asked if wish == "balance" else replace(asked, plan=late)
        for told in (summary(asked), summary_html(asked)):
            assert claim in told
            assert "optimal" not in told
            assert f"Outside of this proof: {words}" in told
    simple = replace(plain, plan=replace(plain.plan, bound=proved))
    assert "Proved optimal: no plan covers more" in summary(simple)
    assert "Outside of" not in summary(simple)


def test_a_search_that_was_stopped_by_hand_is_told(make_night):
    night = make_night()
    assert "stopped by hand" not in summary(night)
    cut = replace(night, plan=replace(night.plan, stopped=True))
    assert "whose search was stopped by hand before its time was over. " in summary(cut)
