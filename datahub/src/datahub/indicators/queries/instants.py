"""Instants that PostgreSQL writes into JSON, spelled as every other answer spells them."""


def spelled(column: str) -> str:
    """Return SQL that writes an instant in UTC with a Z, with six decimals or none."""
    plain = 'YYYY-MM-DD"T"HH24:MI:SS'
    form = (
        f"CASE WHEN date_trunc('second', {column}) = {column}"
        f" THEN '{plain}\"Z\"' ELSE '{plain}.US\"Z\"' END"
    )
    return f"to_char({column} AT TIME ZONE 'UTC', {form})"
