"""The gateway: the only port a user needs.

Who is who:

``access``    what every request passes: whose cookie, key, token or certificate this is, whether a
              page of another origin sent it, how much is left of its limits, the internal token
              it becomes
``audit``     what was done, by whom: appended with the deed, sealed in blocks by hash
``roles``     who holds which role for which scope: by posts, bodies, grants and loans
``identity``  accounts, sessions and API keys; signing in and out
``campus``    signing in by CAS or OpenID Connect, and single logout
``proxy``     the data path ``/api/<service>/v1/…``: raw ASGI in, one pooled client out
``portal``    pages, their fragments, and the live stream of alerts
``docs``      what the suite says of itself: discovery, readiness, OpenAPI

How a request travels: the server hands it to `gateway.app.Gateway`. A path of a service goes to
the proxy, which turns the caller's cookie or key into a token for that service (ES256, 60 s, one
audience) and streams both ways without reading the body. Everything else is the gateway's own
and goes to FastAPI. The caller's own credentials never leave the gateway.
"""
