"""Each rule says, in the planner's words, why it by itself keeps every squad from a site, and what would help."""

from __future__ import annotations

import pytest

from nights import line_matrix, scenario_of, site, squad, window
from patrolroute.matrix import TravelMatrix
from patrolroute.rules import RULES
from patrolroute.scenario.model import Scenario, Shift, Site, Squad

POSITIONS = {"base": 0, "far": 50}


def explained(far: Site, *squads: Squad) -> dict[str, str]:
    scenario = scenario_of((far,), squads)
    matrix = line_matrix(scenario, POSITIONS)
    return _explain(scenario, matrix, far)


def _explain(scenario: Scenario, matrix: TravelMatrix, far: Site) -> dict[str, str]:
    words = {rule.name: rule.explain(scenario, matrix, far) for rule in RULES}
    return {name: sentence for name, sentence in words.items() if sentence}


def test_a_site_that_some_squad_can_reach_needs_no_explanation() -> None:
    assert explained(site("far"), squad("a", end=25)) == {}


def test_a_shift_that_is_too_short() -> None:
    words = explained(site("far"), squad("a"), squad("b", start=23))
    assert words == {
        "shifts": "the way there, the stop and the way back take 115 min, 10 min more than even squad 'a' has; "
        "lengthen a shift or start from a nearer place."
    }


def test_shifts_of_no_length_are_named() -> None:
    def empty(name: str) -> Squad:
        there = squad(name)
        shift = Shift(start=there.shift.start, end=there.shift.start)
        return there.model_copy(update={"shift": shift})

    end_later = "of no length; let the end be later than the start."
    assert explained(site("far"), empty("regu-1")) == {"shifts": f"'regu-1' has a shift {end_later}"}
    both = explained(site("far"), empty("regu-1"), empty("regu-2"))
    assert both == {"shifts": f"'regu-1', 'regu-2' have shifts {end_later}"}
    words = explained(site("far"), squad("a"), empty("b"))["shifts"]
    assert words.startswith("the way there, the stop and the way back take 115 min, 10 min more than even squad 'a'")
    assert words.endswith(f"nearer place. 'b' has a shift {end_later}")


def test_a_faster_vehicle_is_not_too_slow() -> None:
    assert explained(site("far"), squad("a"), squad("b", speed_factor=1.25)) == {}


def test_a_driving_limit_that_is_too_low() -> None:
    words = explained(site("far"), squad("a", end=26, max_driving_min=100), squad("b", end=26, max_driving_min=90))
    assert words == {
        "driving": "the way there and back is 105 min of driving, and no squad may drive more than 100 min; raise "
        "max_driving_min or start from a nearer place."
    }
    assert explained(site("far"), squad("a", end=26, max_driving_min=100), squad("b", end=26)) == {}


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [
        ((22, 0), (23, 10), "no squad can be there before 23:05; move the window or let a shift start earlier"),
        ((27, 0), (28, 0), "when every squad must already be back; move the window or let a shift end later"),
        (
            (1, 0),
            (1, 30),
            "no squad can be there before 23:05; 01:00 is before the night, on 2023-11-23; where the morning after it "
            "is meant, write 2023-11-24T01:00.",
        ),
        (
            (69, 0),
            (71, 0),
            "its stop must lie within 25 Nov 21:00-25 Nov 23:00, and all squads are back by 24 Nov 01:55; is the date "
            "right?",
        ),
        (
            (-3, 0),
            (-1, 0),
            "its stop must lie within 22 Nov 21:00-22 Nov 23:00, and no squad can be there before 23 Nov 23:05; is the "
            "date right?",
        ),
        ((5, 0), (5, 30), "write 2023-11-24T05:00, and let a shift end later."),
    ],
)
def test_a_window_that_nobody_meets(opens: tuple[int, int], closes: tuple[int, int], words: str) -> None:
    said = explained(site("far", windows=(window(opens, closes),)), squad("a", end=26))
    assert set(said) == {"windows"}
    assert words in said["windows"]


def test_without_squads_no_rule_is_to_blame() -> None:
    far = site("far", windows=(window((22, 0), (23, 10)),))
    scenario = scenario_of((far,), ())
    assert _explain(scenario, line_matrix(scenario, POSITIONS), far) == {}


def test_every_rule_says_itself_in_a_sentence() -> None:
    assert all(rule.words.endswith(".") and rule.words[0].isupper() for rule in RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)
