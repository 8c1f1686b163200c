"""The data path: ``/api/<service>/v1/…`` to the service and back, streamed."""
