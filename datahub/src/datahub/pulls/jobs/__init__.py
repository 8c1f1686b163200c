"""Clockwork of pulls.

``runner``  starts what is due, one run of a pull at a time
``rows``    a run over a database or a web service
``files``   a run over a folder
"""

from datahub.pulls.jobs.runner import Runner

__all__ = ["Runner"]
