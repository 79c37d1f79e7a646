"""How evenly squads share the night, where the scenario speaks of it, and how much overtime there is at what cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.render.wording import minutes_text
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from patrolroute.render.night import Night


def shares_words(night: Night) -> tuple[str, ...]:
    """Return a sentence on how far apart squads are, and one on overtime; none where there is nothing to tell.

    Parameters
    ----------
    night : Night
    """
    return (*_spread(night), *_overtime(night))


def _spread(night: Night) -> tuple[str, ...]:
    scenario = night.scenario
    most, most_min = scenario.max_spread_stops, scenario.max_spread_duty_min
    if not scenario.squads or (scenario.balance, most, most_min) == (None, None, None):
        return ()
    routes = [(squad, night.route(squad.id)) for squad in scenario.squads]
    visits = [0 if route is None else sum(bool(visit.site) for visit in route.visits) for _, route in routes]
    on_duty_s = [
        0 if route is None or not route.visits else route.return_s - scenario.seconds(squad.shift.leave)
        for squad, route in routes
    ]
    stops_limit = "" if most is None else f" (at most {most} apart)"
    duty_limit = "" if most_min is None else f" (at most {minutes_text(most_min * 60)} apart)"
    few, many = min(visits), max(visits)
    made = counted(many, "stop") if few == many else f"{few} to {counted(many, 'stop')}"
    short, long = (minutes_text(each) for each in (min(on_duty_s), max(on_duty_s)))
    lasts = short if short == long else f"{short} to {long}"
    counts = [
        "each beat" if scenario.areas else "",
        "each slot of a post" if scenario.presence else "",
        "each site seen from the road" if any(site.seen_within_m for site in scenario.sites) else "",
    ]
    others = " and ".join(filter(None, counts))
    what = f", {others} counted as one," if others else ""
    since = "from when its shift lets it leave"
    return (f"A squad makes {made}{what}{stops_limit} and is on duty for {lasts}{duty_limit}, {since}.",)


def _overtime(night: Night) -> tuple[str, ...]:
    price, late_s = night.scenario.overtime_price, sum(map(night.overtime_s, night.plan.routes))
    if not any(squad.overtime_min for squad in night.scenario.squads):
        return ("Overtime has a price, and no squad may make any.",) if price is not None else ()
    debriefed = any(squad.shift.debriefing_min for squad in night.scenario.squads)
    since = ", counted from a shift's end less its debriefing" if debriefed else ""
    if price is None:
        return (f"Overtime: {minutes_text(late_s)} in all{since}.",) if late_s else ()
    thousandths = -(-late_s * round(price.weight_per_h * 1000) // 3600)
    cost = f"which costs {thousandths / 1000:g} of tier {price.tier}"
    would = f"an hour would cost {price.weight_per_h:g} of tier {price.tier}"
    return (f"Overtime: {minutes_text(late_s)}{since}, {cost}." if late_s else f"Overtime: none, {would}.",)
