"""The rules of a patrol, one file each. Adding one: write its file, name it here."""

from patrolroute.rules.accounts import ACCOUNTS
from patrolroute.rules.areas import AREAS
from patrolroute.rules.draft import Draft, DraftCoupling, DraftSquad, DraftVisit, Facts, Rule, Violation
from patrolroute.rules.driven import DRIVEN
from patrolroute.rules.driving import DRIVING
from patrolroute.rules.required import REQUIRED
from patrolroute.rules.shifts import SHIFTS
from patrolroute.rules.stops import STOPS
from patrolroute.rules.windows import WINDOWS

RULES: tuple[Rule, ...] = (STOPS, SHIFTS, WINDOWS, DRIVING, REQUIRED, DRIVEN, AREAS, ACCOUNTS)
"""In the order in which they compile and are checked."""

__all__ = ["RULES", "Draft", "DraftCoupling", "DraftSquad", "DraftVisit", "Facts", "Rule", "Violation"]
