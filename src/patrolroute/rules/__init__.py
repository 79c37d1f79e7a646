"""The rules of a patrol, one file each. Adding one: write its file, name it here."""

from patrolroute.rules.accounts import ACCOUNTS
from patrolroute.rules.anywhere import ANYWHERE_RULE
from patrolroute.rules.areas import AREAS
from patrolroute.rules.balance import BALANCE
from patrolroute.rules.breaks import BREAKS
from patrolroute.rules.draft import Draft, DraftCoupling, DraftSquad, DraftVisit, Facts, Rule, Violation
from patrolroute.rules.driven import DRIVEN
from patrolroute.rules.driving import DRIVING
from patrolroute.rules.joint import JOINT
from patrolroute.rules.overtime import OVERTIME
from patrolroute.rules.presence import PRESENCE, explain_presence
from patrolroute.rules.required import REQUIRED
from patrolroute.rules.revisits import REVISITS
from patrolroute.rules.seen import SEEN
from patrolroute.rules.shifts import SHIFTS
from patrolroute.rules.stoplimits import STOP_LIMITS
from patrolroute.rules.stops import STOPS
from patrolroute.rules.teams import TEAMS
from patrolroute.rules.tied import is_tied, tied_words
from patrolroute.rules.waiting import WAITING
from patrolroute.rules.windows import WINDOWS
from patrolroute.rules.worth import WORTH

RULES: tuple[Rule, ...] = (
    STOPS,
    SEEN,
    SHIFTS,
    REVISITS,
    JOINT,
    WINDOWS,
    AREAS,
    PRESENCE,
    BREAKS,
    OVERTIME,
    WORTH,
    WAITING,
    DRIVING,
    STOP_LIMITS,
    TEAMS,
    REQUIRED,
    BALANCE,
    ANYWHERE_RULE,
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
    "is_tied",
    "tied_words",
]
