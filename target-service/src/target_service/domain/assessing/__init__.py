"""Assessment (考核): one scheme and one run serve departments, cadres, selections and lists.

``scheme``      what is assessed, by which items, and what may be wrong with it
``found``       what was found of one object: values, marks of people, tallies, earlier results
``sources``     marks of people, weighed by who gave them
``reckoning``   found → score of each item → result, explained down to the indicator
``ranking``     places with ties, quotas, grades of which only some may have one
``conditions``  who may take part, who is nominated, what is red or yellow, and why
``terms``       years of a term of office; the period before
``runs``        the steps of a run, objections
``seeing``      who sees the result of a person, and what few people said

Source: plan §四(一) 5 and 6 (M063-M064, M081-M091); design "Goals and standards" 5 and 6.
"""
