"""Files of evidence (佐证) are taken in."""

from shared.kit import files
from shared.kit.database import Transaction
from spiral_service.repository.evidence import note_upload


async def take_in(
    tx: Transaction, content: bytes, by: str, declared: str | None
) -> tuple[files.File, bool]:
    """Keep a file and who uploaded it; return it and whether it is new.

    Args:
        declared: the media type that came with it.

    Raises:
        FileKindError: its content is of no kind that is taken, or not of the declared one.
    """
    file, is_new = await files.store(tx, content, by, declared)
    await note_upload(tx, file.digest, by)
    return file, is_new
