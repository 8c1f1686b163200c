"""Identity over HTTP, one module a family."""

from fastapi import APIRouter

from gateway.identity.api.accounts import router as accounts_router
from gateway.identity.api.calendars import router as calendars_router
from gateway.identity.api.keys import router as keys_router
from gateway.identity.api.oauth import router as oauth_router
from gateway.identity.api.sessions import router as sessions_router

router = APIRouter()
for each in (sessions_router, accounts_router, calendars_router, keys_router, oauth_router):
    router.include_router(each)
