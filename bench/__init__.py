"""Benchmarks: each figure is a ratio measured in one run, against the promise of its id.

``python -m bench`` runs all, ``ONLY=suite python -m bench`` a part; the table is printed and
``bench/results.json`` written. Full OULAD: ``OULAD=DIR``; otherwise rows of the same shape are
made from the sample that is shipped.
"""
