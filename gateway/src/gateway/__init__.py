"""The gateway: the only port a user needs.

Who is who:

``access``    what every request passes: whose cookie or key this is, whether a page of another
              origin sent it, the internal token it becomes
``identity``  accounts, sessions and API keys; signing in and out
``proxy``     the data path ``/api/<service>/v1/…``: raw ASGI in, one pooled client out
``portal``    pages, their fragments, and the live stream of alerts
``docs``      what the suite says of itself: discovery, readiness, OpenAPI

How a request travels: the server hands it to `gateway.app.Gateway`. A path of a service goes to
the proxy, which turns the caller's cookie or key into a token for that service (ES256, 60 s, one
audience) and streams both ways without reading the body. Everything else is the gateway's own
and goes to FastAPI. The caller's own credentials never leave the gateway.
"""
