"""How sound the chain of goals is (目标链健康度): four shares, and their mean.

Sound is a goal that was published with every letter of SMART met, none waived; that a goal above or
a stated aim asks for; that a number or goals beneath it answer; and, where goals lie beneath it,
whose owners have all taken theirs over.

Source: plan §二.3 (SMART, 两链); that each share counts the same is our default.
"""

from dataclasses import dataclass
from decimal import Decimal

from shared.contracts.vocabulary import ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Goals of a chain, and how many of them are sound in which way."""

    goals: int
    smart: int
    rooted: int
    grounded: int
    divided: int
    """Those with goals beneath them,"""

    handed_on: int
    """and of these, whose every part was taken over."""


def health_of(chain: Chain) -> Decimal | None:
    """Return the mean of the shares, 0 to 1; None without a goal."""
    if not chain.goals:
        return None
    shares = [(sound, chain.goals) for sound in (chain.smart, chain.rooted, chain.grounded)]
    if chain.divided:
        shares.append((chain.handed_on, chain.divided))
    total = sum((Decimal(sound) / of for sound, of in shares), Decimal(0))
    return ratio(total, Decimal(len(shares)))
