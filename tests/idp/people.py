"""Whom the campus login knows, and what it tells of them."""

from typing import Any

from cas_server.auth import DjangoAuthUser
from oauth2_provider.oauth2_validators import OAuth2Validator

from tests.idp import PEOPLE


class Campus(DjangoAuthUser):  # type: ignore[misc]
    """What CAS tells of somebody."""

    def attributs(self) -> dict[str, Any]:
        return PEOPLE.get(self.username, {})


class Claims(OAuth2Validator):  # type: ignore[misc]
    """What OpenID Connect tells of somebody."""

    oidc_claim_scope = None

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        told = PEOPLE.get(request.user.username, {})
        return {"employee": told.get("number"), "name": told.get("cn"), "kind": told.get("kind")}
