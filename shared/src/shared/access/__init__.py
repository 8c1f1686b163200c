"""Which rows somebody gets to see: from the roles that he holds, and the scopes he holds them for.

The rules are data. `REACH` says how far a role sees from a scope that it is held for, `OPEN` what
everybody sees who may read at all. A service asks them in its queries, by its own table of scopes:
`narrowed` and `narrowed_sql` give the condition of a list, `is_seen` decides on one document, which
is not there for who does not see it. Who sees everything gets no condition at all.

Source: design "Roles and the page they land on", "Security"; how far each role sees and what is
open is our default.
"""
