"""What the suite says of itself: discovery, readiness, its operations and its events.

The pages are rendered on the server from the merged OpenAPI and the models of the events. Swagger
UI would bring 1.4 MB of somebody else's minified scripts into the repository, a looser content
policy, and a page that can be neither searched without scripts nor printed.
"""
