"""What changed, as it is kept and told.

``numbering``  change sets get their numbers, and are told of
``scopes``     诊改对象 as they were told last, and what a change makes of them
``calendar``   the school calendar as it was told last
"""
