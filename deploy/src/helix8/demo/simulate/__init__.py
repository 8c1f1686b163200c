"""Simulators of the college's source systems: what one of them holds, or what its days change.

`wish` reads the command line, `channels` are the ways to a hub: files in a folder, REST and NATS.
"""
