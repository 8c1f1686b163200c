"""Who may do what with a value that people hand in, and who gets to see what is behind it.

A permission says what a person may do, the scopes that he answers for say where. Whoever answers
for a scope hands in for it and for all beneath it; whoever does so in a leading role decides. Who
holds ``datahub:every-scope`` is bound to no scope. Source: design "Indicators" 6, "Screens"; which
roles lead is our default.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind

PERSON: Final = "person/"


class ElsewhereError(DomainError):
    """The value is of a scope that the caller does not answer for."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "handed-elsewhere"
    title_zh: ClassVar = "不在您负责的范围"
    title_en: ClassVar = "Not within what you answer for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody who hands values in, decides on them or reads them."""

    subject: str
    hands_in: bool = False
    decides: bool = False
    is_everywhere: bool = False
    """He is bound to no scope."""

    sees_persons: bool = False

    @property
    def owner(self) -> str:
        """Return how scopes name him among their owners; a system is none."""
        is_person = self.subject.startswith(PERSON)
        return f"teacher/{self.subject.removeprefix(PERSON)}" if is_person else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is to a scope: for it or for one above it."""

    answers: bool
    leads: bool


@dataclass(frozen=True, slots=True)
class About:
    """What is asked of a value before it is shown."""

    entered_by: str
    is_masked: bool
    """As a measured value it is masked: few people say it, or its class closes it."""


def hands_in(party: Party, standing: Standing) -> bool:
    """Return whether somebody may hand in, revise and take back for a scope."""
    return party.hands_in and (party.is_everywhere or standing.answers)


def decides(party: Party, standing: Standing, entered_by: str) -> bool:
    """Return whether somebody may decide on a value of a scope: never on his own."""
    is_other = party.subject.startswith(PERSON) and party.subject != entered_by
    return party.decides and is_other and (party.is_everywhere or standing.leads)


def sees_value(party: Party, standing: Standing, about: About) -> bool:
    """Return whether somebody sees a value that few people say, or that is made of such fields.

    Who entered it knows it, who decides on it has to.
    """
    is_his = party.subject == about.entered_by or decides(party, standing, about.entered_by)
    return not about.is_masked or party.sees_persons or is_his


def sees_evidence(party: Party, standing: Standing, about: About) -> bool:
    """Return whether somebody sees the evidence of a value: in his scopes, and if he sees it."""
    is_near = party.is_everywhere or standing.answers or party.subject == about.entered_by
    return is_near and sees_value(party, standing, about)


def check_hands_in(party: Party, standing: Standing, scope: str) -> None:
    """Refuse whoever hands in for a scope that he does not answer for.

    Raises:
        ElsewhereError: it is so.
    """
    if not hands_in(party, standing):
        raise _elsewhere(scope, "填报", "hands in for it")


def check_leads(party: Party, standing: Standing, scope: str) -> None:
    """Refuse whoever decides for a scope that he does not lead.

    Raises:
        ElsewhereError: it is so.
    """
    if not (party.decides and (party.is_everywhere or standing.leads)):
        raise _elsewhere(scope, "审批", "leads it decides")


def _elsewhere(scope: str, zh: str, en: str) -> ElsewhereError:
    return ElsewhereError(
        f"{scope} 不在您{zh}的范围",
        f"{scope} is not within your scopes: who {en}",
        fields={"$.scope": [f"不在您{zh}的范围 (not within your scopes)"]},
        fixes=["请该对象或其上级的责任人办理，或请质量办代办 (ask whoever answers for it)"],
    )
