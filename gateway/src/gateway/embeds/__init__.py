"""Pieces of the portal inside the pages of other sites: who may embed what, as whom.

Source: design "Screens" (embed contract).
"""
