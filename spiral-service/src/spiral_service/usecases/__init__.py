"""What the spiral service can do: one function, one transaction; one module a subject.

Use cases decide nothing. They lock, load, ask ``domain``, store and publish.
"""
