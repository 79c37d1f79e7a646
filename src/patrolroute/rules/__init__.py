"""The rules of a patrol, one file each. Adding one: write its file, name it here."""

from patrolroute.rules.accounts import ACCOUNTS
from patrolroute.rules.breaks import BREAKS
from patrolroute.rules.draft import Draft, DraftCoupling, DraftSquad, DraftVisit, Facts, Rule, Violation
from patrolroute.rules.driven import DRIVEN
from patrolroute.rules.driving import DRIVING
from patrolroute.rules.joint import JOINT
from patrolroute.rules.presence import PRESENCE, explain_presence
from patrolroute.rules.required import REQUIRED
from patrolroute.rules.revisits import REVISITS
from patrolroute.rules.shifts import SHIFTS
from patrolroute.rules.stoplimits import STOP_LIMITS
from patrolroute.rules.stops import STOPS
from patrolroute.rules.teams import TEAMS
from patrolroute.rules.tied import tied_words
from patrolroute.rules.windows import WINDOWS

RULES: tuple[Rule, ...] = (
    STOPS,
    SHIFTS,
    REVISITS,
    JOINT,
    WINDOWS,
    PRESENCE,
    BREAKS,
    DRIVING,
    STOP_LIMITS,
    TEAMS,
    REQUIRED,
    DRIVEN,
    ACCOUNTS,
)
"""In the order in which they compile and are checked."""

__all__ = [
    "RULES",
    "Draft",
    "DraftCoupling",
    "DraftSquad",
    "DraftVisit",
    "Facts",
    "Rule",
    "Violation",
    "explain_presence",
    "tied_words",
]
