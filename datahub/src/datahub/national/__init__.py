"""What the college reports: the tables of the national dictionary, built by outbound mapping.

``mappings/`` says where each element of a national table comes from, as data; ``repository``
makes one statement a table of it. What a table lacks is told by its gap list.
"""
