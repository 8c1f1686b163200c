"""Report service: self-diagnosis reports (自我诊改报告) that can be made again.

Who is who
----------
The **read model** is this service's own copy of what the others stated: the newest word on
each scope, indicator, measured value, goal, binding, judgement, alert, cycle and correction.
A **report** is a function of the facts of one moment and a template version: its **content**
(JSON) holds every number as the decimal string that the event brought, beside the words that
show it; its **document** (HTML) is rendered from the content alone. Both are kept for ever
with their digests; the same facts give the same report.

How a change travels
--------------------
``subscriptions`` hands a batch of facts to ``usecases.read_model``, which keeps the newest of
each. ``api`` opens a transaction and calls ``usecases.reports``: it reads the facts of one
snapshot by ``queries``, asks ``domain`` for the content, renders it, stores it and publishes.
Numbers are never computed here: datahub measures, target judges, report tells.
"""
