"""The mutants are patches of the code as it is: when it changes, they must be looked at."""

from pathlib import Path

import pytest
from harness.mutants import MUTANTS, Mutant
from harness.points import POINTS
from harness.tree import Patch, PatchError, copy_tree


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_patch_of_a_mutant_still_applies(tmp_path: Path, mutant: Mutant) -> None:
    tree = copy_tree(tmp_path / "tree", (*POINTS, *mutant.patches))

    assert all((tree / patch.file).exists() for patch in mutant.patches)


def test_a_patch_that_no_longer_applies_fails_loudly(tmp_path: Path) -> None:
    with pytest.raises(PatchError, match="holds 0 times"):
        copy_tree(tmp_path / "tree", [Patch("shared/kit/outbox.py", "no such line", "")])
