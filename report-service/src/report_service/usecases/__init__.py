"""What the report service can do: take in facts (`read_model`) and make reports (`reports`).

Two subjects and the rendering between them would not fit one file; `handing_over` tells the hub of
the reports that were made.
"""
