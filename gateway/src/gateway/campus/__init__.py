"""Signing in by the campus login: CAS 3 and OpenID Connect.

The two differ in how they prove who somebody is; what follows is one: his number becomes a
person, the roles that the login tells join those of posts, bodies and grants, and a session opens.
"""
