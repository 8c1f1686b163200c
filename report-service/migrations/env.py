from report_service.tables import Base
from shared.kit.migrations import run_env

run_env(Base.metadata)
