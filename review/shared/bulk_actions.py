"""What may be done with many applications at once, and by whom."""

from functools import cache

from accounts.roles import Role
from applications.workflow.table import TABLE

MOST = 100
ASSIGN = "assign"
# The relations that the guards of a transition read; prefetched for all applications at once.
READS = {
    "qualify": ("qualification_checks",),
    "clear": ("public_notices", "objections"),
}


def rules_of(role):
    """Return {name: transition} of those that the role may take for many applications at once."""
    return {rule.name: rule for rule in TABLE if rule.in_bulk and role in rule.sources.values()}


@cache
def actions_of(role):
    """Return (name, label) of everything that the role may do with many at once."""
    actions = [(rule.name, rule.label) for rule in rules_of(role).values()]
    return [(ASSIGN, "分配专家组"), *actions] if role == Role.OFFICE else actions
