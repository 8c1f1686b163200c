"""The rules of reports: what goes in, in which words. Pure: no clock, no I/O, no framework."""
