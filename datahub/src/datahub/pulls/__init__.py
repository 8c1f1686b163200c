"""Pulls (主动拉取): the hub fetches what a source system does not push.

Who is who
    ``domain``      what a pull may be: its document, its statement, its addresses, its clock
    ``sources``     foreign databases, folders and web services, page by page
    ``repository``  where each pull stands, and who runs it
    ``usecases``    one page: its rows and the new position in one transaction
    ``jobs``        starts what is due, and drives one run from its beginning to its end
    ``api``         REST

A pull belongs to a feed and goes the way of every delivery: mapping, quarantine, ledger, change
feed. Its position moves in the transaction of the effect, so that a killed hub goes on where its
last commit ended. One run at a time holds an advisory lock; each page also checks that the run is
still the present one, so that a runner that lost its lock without noticing changes nothing.
"""
