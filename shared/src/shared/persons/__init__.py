"""A person's data, service by service: told to him, and erased.

Each service declares once, as a register, which rows of its tables are about a person, and what
becomes of them when he is erased: deleted, blanked, or kept with the ground in law (`Holding`). By
the same register his data is told (`collect`) and erased (`erase`), so that neither can know a
table that the other forgets.
Source: 个人信息保护法 §45 (a copy), §47 (erasure), §19 (for how long).
"""
