"""A plan as the college wrote it (实施方案), read into data, with the line of everything.

Who is who
----------
``document``   what was read: rows of the schedule, bodies, citations, cycles, remarks
``words``      what a text is by its words: department, deliverable, date; level of a row
``dates``      months as plans write them, and what is odd in their spelling
``schedule``   the table of the schedule: merged cells carried down, slipped cells put right
``bodies``     the bodies with members, posts and duties
``citations``  the documents that a plan rests on, with their numbers
``spirals``    the rhythm of diagnosis of each level
``reading``    a whole text; all of the above together
``structured`` the same document from a file with named fields
``naming``     units by the names that a plan gives them
``lexicon``    words that people write two ways, by what the document itself writes

Nothing is guessed silently: what was carried, moved or mended is a remark with its line.
"""
