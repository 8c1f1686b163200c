"""Source systems (业务系统) as data: who pushes, with which keys, and which facts they may read.

What NATS is to let them do goes into the accounts file, from which whoever runs the server makes
its users: see ``jobs``. The server is told without a restart, and so is the hub: a new system's
messages are followed as soon as its stream is there.
"""
