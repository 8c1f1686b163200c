"""Where the dictionary comes from.

``shipped``   the data files of the package
``versions``  what was published in the hub's database, and the draft of the next version
"""

from datahub.dictionary.repository.shipped import load_dictionary
from datahub.dictionary.repository.versions import Dictionaries, adopt_shipped

__all__ = ["Dictionaries", "adopt_shipped", "load_dictionary"]
