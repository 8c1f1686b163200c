"""What a careful reader finds in a plan: conflicts of its dates, and what is odd in its writing.

Who is who
----------
``finding``  a finding: rule, severity, lines, words in two languages, remedy
``pieces``   the rows as pieces of work: what each does, and for which level
``needs``    on what each piece depends, by what the plan itself says
``timing``   pieces that begin or end before what they need
``writing``  rows that have slipped, dates, brackets, words and numbers of documents
``linter``   all rules over one document

No rule knows a plan, a line or a date; each says from which words it infers what it does.
"""
