from shared.kit.migrations import run_env
from spiral_service.tables import Base

run_env(Base.metadata)
