"""How far whoever asks the hub sees."""

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated

from fastapi import Depends

from datahub.dictionary.api.known import Known
from datahub.dictionary.domain.entity import Entity
from datahub.dictionary.domain.masking import Masking, clear_of, masked_fields
from datahub.dictionary.domain.seeing import Narrowing, narrowing_of
from datahub.dictionary.repository.seeing import SEEN, seen_by
from shared.access.sight import Sight, clear_sight_of, sight_of
from shared.kit.admin import Db
from shared.kit.depending import made
from shared.kit.identity import Caller, current_caller


async def get_sight(caller: Annotated[Caller, Depends(current_caller)]) -> Sight | None:
    """Return what the caller sees; None is everything."""
    return sight_of(caller, "datahub", SEEN.format(roots=":roots"))


Sees = Annotated[Sight | None, Depends(get_sight)]


async def get_clear_sight(
    caller: Annotated[Caller, Depends(current_caller)],
) -> Sight | None:
    """Return of whom the caller is told personal fields unmasked; None is everybody."""
    return clear_sight_of(caller, "datahub", SEEN.format(roots=":roots"))


SeesClearly = Annotated[Sight | None, Depends(get_clear_sight)]


class Eyes:
    """What the caller sees of records, looked up where somebody asks."""

    def __init__(
        self,
        db: Db,
        dictionary: Known,
        sight: Sees,
        clear: SeesClearly,
        caller: Annotated[Caller, Depends(current_caller)],
    ) -> None:
        self._db = db
        self._dictionary = dictionary
        self._sight = sight
        self._clear = clear
        self._caller = caller

    async def scopes(self) -> list[str] | None:
        """Return the scopes that the caller sees; None for all."""
        return await self._known(self._sight)

    async def _known(self, sight: Sight | None) -> list[str] | None:
        if sight is None:
            return None
        if not sight.known:
            async with self._db.reading() as reader:
                await seen_by(reader, sight)
        return sight.known[0]

    def _by(self, roles: Collection[str]) -> Sight | None:
        only = replace(
            self._caller,
            roles=self._caller.roles & frozenset(roles),
            scopes=frozenset(),  # a permission says not by which of his roles he has it
            holds=frozenset(pair for pair in self._caller.holds if pair[0] in roles),
        )
        return sight_of(only, "datahub", SEEN.format(roots=":roots"))

    @property
    def sees_persons(self) -> bool:
        """Whether personal fields are told unmasked, whosever they are."""
        return self._clear is None

    async def masking_of(self, entity: Entity) -> Masking | None:
        """Return which fields of an entity's records are told masked; None where none are."""
        if self._clear is None or not (fields := masked_fields(entity)):
            return None
        seen = await self._known(self._clear) if self._clear.roots else []
        return Masking(fields, clear_of(entity, self._dictionary, seen or ()))

    async def of(self, entity: Entity, roles: Collection[str] | None = None) -> Narrowing | None:
        """Return by what records are seen; None where all of them are.

        Args:
            roles: by these of the caller's roles alone; None: by any.
        """
        seen = await (self.scopes() if roles is None else self._known(self._by(roles)))
        return None if seen is None else narrowing_of(entity, self._dictionary, seen)


Looks = Annotated[Eyes, Depends(made(Eyes))]
