"""Definitions of the spiral: both loops, gates, roles, forms, evidence and clocks as data.

``model``      what a definition says
``forms``      what a step asks for, and whether an answer fits
``ways``       which steps may follow, and how a move goes: forward, or back
``comparing``  what is different between two versions
"""
