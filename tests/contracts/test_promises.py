"""The promises that the benchmarks are held against are the ones that the docs make."""

from pathlib import Path

from bench.results import FOLDER, Figure, judge, promises


def test_the_table_in_the_docs_is_the_file_of_promises() -> None:
    lines = Path(FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    table = {
        cells[0].strip("` "): tuple(cell.strip() for cell in cells[1:])
        for line in lines
        if line.startswith("| `")
        for cells in [line.strip("|").split("|")]
    }
    promised = {
        name: (
            f"{each['relation']} {each['promise']}",
            f"{each['relation']} {each['first_step']}" if "first_step" in each else "",
            each["what"],
        )
        for name, each in promises().items()
    }

    assert table == promised


def test_a_figure_holds_at_its_promise_and_not_beyond() -> None:
    at, beyond = (Figure(id="suite.cold_start", value=value) for value in (20.0, 20.1))

    assert (judge(at)["holds"], judge(beyond)["holds"]) == (True, False)
