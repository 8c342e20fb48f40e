"""What a dump says about single names stays short, however many there are."""

from workers.sources.files.notes import MOST, Notes, Sort


def test_each_is_told_with_its_path_as_people_read_it() -> None:
    notes = Notes()
    notes.add("a\nb", "vanished")
    assert notes.warnings == ("a\\nb: vanished",)


def test_beyond_the_first_only_their_number_is_told_by_what_was_wrong() -> None:
    notes = Notes()
    for number in range(MOST + 5):
        notes.add(f"{number:04}", f"cannot be read: try {number}", Sort.UNREADABLE)
    notes.add("last", "is a socket")
    assert len(notes.warnings) == MOST + 2
    assert notes.warnings[-2:] == ("5 more: cannot be read", "1 more: is a socket")


def test_a_failure_names_the_first_five_of_its_sort_and_counts_the_rest() -> None:
    notes = Notes()
    for number in range(7):
        notes.add(f"f{number}", "changed", Sort.CHANGED)
    notes.add("other", "is a device")
    assert notes.told(Sort.CHANGED).startswith("7 names changed while they were read: f0: changed; f1: changed; ")
    assert notes.told(Sort.CHANGED).endswith("f4: changed and 2 more")
    assert notes.told(Sort.UNREADABLE) == ""
