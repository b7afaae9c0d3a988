"""Premises removed, as rows of a table that reads as a chart."""

import pytest
import sample

from raison.answer.records import Interval
from raison.show import premises


@pytest.fixture(scope="module")
def rows():
    return premises.premise_rows(sample.model(), sample.record(), sets=False)


def test_rows_are_those_of_all_premises_largest_change_first(rows):
    by_size = sorted(sample.PREMISES, key=lambda name: -abs(sample.PREMISES[name][2]))
    assert [row.name for row in rows] == by_size


def test_a_stem_is_as_long_as_its_change(rows):
    scale = premises.premise_scale(sample.record())
    step = scale.place(1.0) - scale.place(0.0)
    for row in rows:
        change = 100 * sample.PREMISES[row.name][2]
        # the sample's values are rounded where they would leave 0 to 1, which none of these does
        assert row.stem.at - row.stem.zero == pytest.approx(change * step, abs=1e-9)
        assert row.stem.low <= row.stem.at <= row.stem.high
        assert row.stem.low >= premises.MARGIN
        assert row.stem.high <= premises.WIDTH - premises.MARGIN


def test_the_scale_has_zero_and_even_round_steps_and_holds_the_sets_too():
    scale = premises.premise_scale(sample.record())
    # the set changes the share by -27.1 points, no premise by more than +0.04 (0.04 has the error of 0.09)
    assert [tick.label for tick in scale.ticks] == ["−30", "−25", "−20", "−15", "−10", "−5", "0", "5"]
    assert [tick.label for tick in scale.ticks if tick.zero] == ["0"]


def test_a_run_without_removals_has_no_scale():
    record = sample.record().model_copy(update={"removals": ()})
    assert premises.premise_scale(record) is None
    assert premises.premise_rows(sample.model(), record, sets=False) == ()


def test_changes_of_exactly_zero_have_a_scale_all_the_same():
    record = sample.record()
    still = tuple(r for r in record.removals if r.name == "round-is-the-same")
    scale = premises.premise_scale(record.model_copy(update={"removals": still}))
    assert (scale.low, scale.high) == (-1.0, 1.0)


def test_the_interval_of_a_difference_decides_whether_it_is_clear():
    record = sample.record()
    removal = record.removals[0]
    wide = Interval(low=-0.09, high=0.01, method="replicates")
    change = removal.changes[0].model_copy(update={"interval": wide})
    removal = removal.model_copy(update={"changes": (change, *removal.changes[1:])})
    (row,) = premises.premise_rows(
        sample.model(), record.model_copy(update={"removals": (removal,)}), sets=False
    )
    assert row.cells[0].text == "−4 ± 5"
    assert not row.stem.clear
    assert not row.cells[0].strong


def test_a_set_names_its_members_with_their_rows():
    (row,) = premises.premise_rows(sample.model(), sample.record(), sets=True)
    assert row.members == (
        ("strength-misjudged", "premise-3"),
        ("blame-diluted", "premise-4"),
        ("news-sunk", "premise-5"),
    )
    assert row.says == sample.NEUTRAL


@pytest.mark.parametrize("questions", range(1, 30))
def test_tables_hold_every_question_but_the_first_once(questions):
    found = premises.blocks(range(questions), 5)
    assert [i for block in found for i in block] == list(range(1, questions))
    assert all(len(block) <= 5 for block in found)
    widths = [len(block) for block in found]
    assert max(widths, default=0) - min(widths, default=0) <= 1
