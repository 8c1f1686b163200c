"""Embedding over HTTP."""

from fastapi import APIRouter

from gateway.embeds.api.clients import router as clients_router
from gateway.embeds.api.frames import router as frames_router
from gateway.embeds.api.pages import router as pages_router
from gateway.embeds.api.pictures import pages as figures_router
from gateway.embeds.api.pictures import router as pictures_router

router = APIRouter()
for each in (clients_router, pictures_router, figures_router, frames_router, pages_router):
    router.include_router(each)
