"""The document model: one description of a report, from which every format is made.

``blocks`` says what a document is made of, ``writing`` makes the pieces and numbers the
explanations, ``charts`` draws the figures once, ``numbers`` finds figures bound to nothing.
"""
