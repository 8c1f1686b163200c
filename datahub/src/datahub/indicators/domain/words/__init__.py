"""A definition told in words, Chinese and English, made from what its formula was read as.

``rows``     what is said of one record
``results``  what is counted, and what is reckoned with it
"""
