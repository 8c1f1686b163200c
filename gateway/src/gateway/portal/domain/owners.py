"""Who an owner's key stands for.

Source: contract "Scope"; alert-service names ``role/…`` where nobody in particular answers.
"""

from shared.contracts.vocabulary import is_scope


def scope_of(owner: str) -> str | None:
    """Return the scope whose name is the owner's; None for a role, and for what is no key.

    ``T001`` and ``person/T001`` are members of staff: the hub keeps them as ``teacher/T001``.
    """
    kind, slash, key = owner.partition("/")
    if kind == "role" and slash:
        return None
    scope = f"teacher/{key if slash else owner}" if not slash or kind == "person" else owner
    return scope if is_scope(scope) else None


def short_key(owner: str) -> str:
    """Return an owner's key without its kind: it stands beside a name."""
    return owner.partition("/")[2] or owner
