"""What a record is: entities, fields, code sets, and the national tables that they feed.

The package ships data files (``entities`` ``code_sets`` ``national``); a college lays its own part
on them. ``repository.Dictionaries`` knows the published version in force: whoever works asks it
once, and goes on with what he got.
"""
