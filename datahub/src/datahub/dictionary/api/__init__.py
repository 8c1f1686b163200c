"""REST of the dictionary.

``known``      the dictionary in force, for every edge of the hub
``reading``    versions, entities, national tables, search
``code_sets``  code sets and their codes
``drafts``     the college's part: draft, difference, publication
"""

from datahub.dictionary.api import code_sets, drafts, reading
from datahub.dictionary.api.known import Known, Versions

__all__ = ["Known", "Versions", "routers"]

routers = (reading.router, code_sets.router, drafts.router)
