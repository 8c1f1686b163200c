"""Sheets and bundles: what is there as a file, and a file as what is there, all or nothing."""

from target_service.usecases.exchanging.bundles import export_bundle, import_bundle
from target_service.usecases.exchanging.families import Writing
from target_service.usecases.exchanging.sheets import Upload, import_sheets
from target_service.usecases.exchanging.templates import Filling, filling, write_csv, write_workbook

__all__ = [
    "Filling",
    "Upload",
    "Writing",
    "export_bundle",
    "filling",
    "import_bundle",
    "import_sheets",
    "write_csv",
    "write_workbook",
]
