"""Personal data: why it may be seen, and by whom.

What leaves the hub leaves it masked (`datahub.dictionary.domain.masking`), or not at all. Who needs
a value whole names one of the purposes of ``purposes.toml``; the purpose says whom and what it is
for, and each value shown leaves an entry in the audit (``unmasked``), in the transaction that reads
it: no value without its entry.
"""
