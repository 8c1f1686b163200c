"""Records that source systems push over NATS: ``qa.ingest.v1.<system>.<entity>.<op>``.

``messages``   what may be pushed, and how it is read
``answering``  what it does, and the verdict of every message
"""

from datahub.ingest.subscriptions.answering import subscription

__all__ = ["subscription"]
