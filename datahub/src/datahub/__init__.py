"""Data hub: many source systems, one vocabulary, one numbered history, one value per indicator.

Who is who
    ``dictionary``  what a record is: entities, code sets, the national tables; shipped as data,
                    with a college's own part on it, in published versions
    ``ingest``      how records come in: feed contract, mapping, quarantine, canonical tables
    ``pulls``       what the hub fetches itself, from databases, folders and web services
    ``workbooks``   spreadsheets, read in a process of their own
    ``systems``     who pushes, by which keys, and which facts they may read
    ``learning``    learning events: kept raw for a term, their daily totals as records
    ``records``     records as others read them, where they come from, and their keys
    ``changes``     what changed, in one dense order: numbering, change feed, events
    ``indicators``  what is measured from it: definitions, cells, explanations
    ``quality``     how good it is: rules, scores, gates, the rhythm and drift of feeds
    ``national``    what the college reports: the national tables, their gaps

How a change travels
    a push (HTTP batch or NATS message) → ``ingest.usecases.deliveries`` maps it by its feed and, in
    one transaction, merges the good rows, keeps the bad ones with their reasons, and writes a
    *change set* → the numberer (``changes.jobs``) gives change sets their place in the change
    feed and publishes them → the measurer (``indicators.jobs``) follows the numbered changes,
    measures the touched cells again and publishes what is new; the evaluator (``quality.jobs``)
    follows them too, and holds the changed entities against their rules. Before the merge,
    ingest asks the inspector (``quality.usecases.inspecting``) whether a rule holds the rows back.
"""
