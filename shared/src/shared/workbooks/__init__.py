"""Spreadsheets, read in a process of their own: what a stranger made may cost it its life.

Who is who
    ``reading``  in the service: starts the process, and yields what it says block by block
    ``worker``   the process: limits itself, reads one sheet, says it in frames
    ``guard``    what a zip may hold before anybody unpacks it, and the errors among its cells
    ``xlsx``     .xlsx by calamine
    ``xls``      .xls by xlrd
    ``cells``    what a cell's value is as text
    ``writing``  tables written for spreadsheets, streamed: CSV and .xlsx

calamine lays the whole sheet out in memory, from its first to its last cell: a file of 2 KiB
with a value at A1 and one at XFD1048576 asks for 400 GiB. It also drops what a formula that
failed shows. So neither it nor its input is trusted inside a service: the process may have 256 MiB
and five seconds of processor for making sense of a file, and its end is an answer.
"""
