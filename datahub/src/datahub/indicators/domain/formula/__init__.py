"""The language in which an indicator says how it is counted.

`syntax` is what a formula is made of, `reading` makes it of a text, `checking` settles what its
names and values are by the dictionary, `legs` takes it apart into what is counted and what is
reckoned with the counts. Nothing here knows SQL, and no text is ever evaluated.

    count(student where in_school) / (count(staff where kind = 'full') + 0.5 * count(staff where …))
    rate(number >= 60 of score where grade_type = 'final')
    avg(number of score where grade_type = 'mid')
    avg(days(today, birth_date) of staff) / 365.25

Precedence and the treatment of missing values are DHIS2's: ``2^3^2 = 512``, ``-(2)^2 = -4``,
``12 % 5 % 3 = 2``. Source: design "Indicators" 1 and 4.
"""
