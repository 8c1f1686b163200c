"""What can be asked of the indicators.

``stored``   definitions, their versions, and what measured values were made of
``reading``  measured values through the mask: pages, grids, groups, histories
``audits``   what the audits of the nights found
``tracing``  what followed from a request: batch, changes, values
``scopes``   which 诊改对象 there are of a kind, beneath and beside one another
"""
