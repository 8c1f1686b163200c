"""Make files of a document: one for each format, from its JSON alone.

``html`` writes the page, ``pdf`` has Typst set the paper, ``docx`` fills a Word template;
``worker`` does all of it in a process with limits, and ``press`` hands it work and ends it when it
takes too long.
"""
