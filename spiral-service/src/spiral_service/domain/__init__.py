"""The rules of definitions, cycles and corrections. Pure: no clock, no I/O, no framework."""
