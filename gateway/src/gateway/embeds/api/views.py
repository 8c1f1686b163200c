"""What each embedded piece shows."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from gateway.portal.api.goals import goal_figure
from gateway.portal.api.parts import render_part
from gateway.portal.api.profiles import profile_figure
from gateway.portal.api.rendering import render
from gateway.portal.domain.listing import UnknownWishError
from gateway.portal.domain.refusals import RefusedError
from gateway.portal.domain.words import Words
from gateway.portal.queries.handing import work
from gateway.portal.queries.services import Services

Asked = Mapping[str, str]
Show = Callable[[Services, Words, Asked], Awaitable[Markup]]


async def render_view(view: str, services: Services, words: Words, asked: Asked) -> Markup:
    """Return a piece.

    Raises:
        DomainError: a service is away, or refuses.
    """
    return await _VIEWS[view](services, words, asked)


def _part(name: str) -> Show:
    async def show(services: Services, words: Words, asked: Asked) -> Markup:
        try:
            inside = await render_part(name, services, words, asked)
        except UnknownWishError as error:
            raise RefusedError(error.zh, error.en) from error
        kind = "levels" if name == "levels" else "card"
        return render("embed_part.html", words, kind=kind, inside=inside)

    return show


async def _overview(services: Services, words: Words, asked: Asked) -> Markup:
    names = ("levels", "spiral", "alerts", "corrections")
    parts = {name: await render_part(name, services, words, asked) for name in names}
    return render("embed_overview.html", words, parts=parts)


async def _tasks(services: Services, words: Words, _asked: Asked) -> Markup:
    return render("embed_tasks.html", words, listed=await work(services))


async def _onepage(services: Services, words: Words, asked: Asked) -> Markup:
    path = f"sheets/{quote(asked.get('of', ''))}"
    answer = await services.find("target", path, **{"as": "svg", "lang": words.language})
    # Safe: the sheet escapes every text in it.
    return Markup(answer.body.decode())  # noqa: S704


async def _attainment(services: Services, words: Words, asked: Asked) -> Markup:
    title, figure = await goal_figure(services, words, asked.get("goal", ""))
    return render("embed_figure.html", words, title=title, figure=figure)


async def _profile(services: Services, words: Words, asked: Asked) -> Markup:
    scope, period = asked.get("of", ""), asked.get("period", "")
    title, figure = await profile_figure(services, words, scope, period)
    return render("embed_figure.html", words, title=title, figure=figure)


_VIEWS: Final[Mapping[str, Show]] = {
    "overview": _overview,
    "levels": _part("levels"),
    "spiral": _part("spiral"),
    "alerts": _part("all-alerts"),
    "corrections": _part("all-corrections"),
    "tasks": _tasks,
    "onepage": _onepage,
    "attainment": _attainment,
    "profile": _profile,
}
