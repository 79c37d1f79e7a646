"""Forming the squads: how many, and who rides with whom, so that coverage is best."""

from patrolroute.forming.form import Formed, form_squads

__all__ = ["Formed", "form_squads"]
