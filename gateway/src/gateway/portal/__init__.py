"""Pages for people: signing in, the overview of the five levels, and what moves on it.

How the overview moves: the page is rendered whole by the server. Its module then asks for one
fragment after the other (``/portal/fragments/<name>``), each at its own pace, and listens to the
stream of alerts; an alert makes it ask for the list again at once. Every part stands alone: a
service that is away empties its own card and no other.
"""
