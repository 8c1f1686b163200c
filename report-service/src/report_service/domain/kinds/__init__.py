"""The kinds of report: which sections each has, and what stands in them.

``kind`` says what a kind is, ``registry`` lists them, ``composing`` makes a document of one; the
other files hold the sections by subject.
"""
