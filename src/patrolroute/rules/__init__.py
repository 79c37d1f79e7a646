"""The rules of a patrol, one file each. Adding one: write its file, name it here."""

from patrolroute.rules.accounts import ACCOUNTS
from patrolroute.rules.anywhere import ANYWHERE_RULE
from patrolroute.rules.balance import BALANCE
from patrolroute.rules.draft import Draft, DraftCoupling, DraftSquad, DraftVisit, Facts, Rule, Violation
from patrolroute.rules.driven import DRIVEN
from patrolroute.rules.driving import DRIVING
from patrolroute.rules.overtime import OVERTIME
from patrolroute.rules.required import REQUIRED
from patrolroute.rules.seen import SEEN
from patrolroute.rules.shifts import SHIFTS
from patrolroute.rules.stops import STOPS
from patrolroute.rules.waiting import WAITING
from patrolroute.rules.windows import WINDOWS
from patrolroute.rules.worth import WORTH

RULES: tuple[Rule, ...] = (
    STOPS,
    SEEN,
    SHIFTS,
    OVERTIME,
    WINDOWS,
    WORTH,
    WAITING,
    DRIVING,
    REQUIRED,
    BALANCE,
    ANYWHERE_RULE,
    DRIVEN,
    ACCOUNTS,
)
"""In the order in which they compile and are checked."""

__all__ = ["RULES", "Draft", "DraftCoupling", "DraftSquad", "DraftVisit", "Facts", "Rule", "Violation"]
