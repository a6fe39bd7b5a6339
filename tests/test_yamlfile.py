"""A file of plain data, read safely: what each fault says, and where it points."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from causalkpi.errors import Fault, GraphError, StudyError
from causalkpi.yamlfile import Position, read_yaml


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Shop(Part):
    city: str = ""
    staff: Annotated[int, Field(ge=0)] = 0
    colour: Literal["red", "green", "blue"] = "red"


class Chain(Part):
    format: Literal[1, 2] = 2
    name: str
    open: bool = True
    growth: float | None = None
    span: tuple[float, float] = (0, 1)
    shops: list[Shop] = []
    owners: dict[str, Shop | None] = {}


class Free(BaseModel, extra="allow"):
    """Takes whatever stands in the file."""


def read(text: str) -> Chain:
    return read_yaml(text + "\n", Chain)[0]


def faults_of(source: str | Path, model: type[BaseModel] = Chain) -> tuple[Fault, ...]:
    with pytest.raises(GraphError) as failure:
        read_yaml(source, model)
    assert failure.value.faults
    return failure.value.faults


def only(source: str | Path, model: type[BaseModel] = Chain) -> Fault:
    (fault,) = faults_of(source, model)
    return fault


# What YAML 1.2 means


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        (".5", 0.5),
        ("12", 12),
        ("+12", 12),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2019-12-14", "2019-12-14"),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("'12'", "12"),
        ('"true"', "true"),
        ("|\n  12", "12\n"),
        ("9" * 5000, float("inf")),
    ],
)
def test_a_value_means_what_yaml_1_2_says(written, meant):
    value = read_yaml(f"a: {written}\n", Free)[0].model_extra["a"]
    assert (value, type(value)) == (meant, type(meant))


def test_a_key_is_a_text_as_it_is_written():
    document, _ = read_yaml("name: x\nowners: {2024: , no: , 1e3: }\n", Chain)
    assert list(document.owners) == ["2024", "no", "1e3"]


def test_numbers_texts_and_truth_values_are_not_mixed_up():
    assert read("name: x\ngrowth: 1").growth == 1.0
    faults = faults_of("name: 2024\nopen: yes\ngrowth: '1'\nshops:\n  - {staff: 1.0}\n  - {staff: true}\n")
    assert [(fault.where, fault.found, fault.expected, fault.remedy) for fault in faults] == [
        ("<text>:1:7", "2024", "a text", "Put it between quotes."),
        ("<text>:2:7", "the text 'yes'", "true or false", ""),
        ("<text>:3:9", "the text '1'", "a number", ""),
        ("<text>:5:13", "1.0", "a whole number", ""),
        ("<text>:6:13", "true", "a whole number", ""),
    ]


# Places


def test_a_position_is_that_of_a_value_or_of_the_key_of_what_holds_more():
    text = "name: 'x'\nshops:\n  - city: Edam\n    staff: 3\n  - {city: Hoorn}\nowners:\n  anna: {city: Edam}\n"
    _, position = read_yaml(text, Chain)
    assert position("name") == "<text>:1:7"
    assert position("shops") == "<text>:2:1"
    assert position("shops", 0) == "<text>:3:5"
    assert position("shops", 0, "staff") == "<text>:4:12"
    assert position("shops", 1, "city") == "<text>:5:12"
    assert position("owners", "anna") == "<text>:7:3"
    assert position("owners", "anna", "colour") == position("owners", "anna")
    assert position("nothing", 3) == position()


def test_a_file_is_named_as_it_was_given(tmp_path):
    path = tmp_path / "chain.yaml"
    path.write_text("name: x\r\nopen: no\r\n", newline="")
    assert only(path).where == f"{path}:2:7"


def test_columns_count_characters():
    assert only("{name: 😀é, opne: true}\n").where == "<text>:1:12"


# Structure: all faults at once, each with its way out


def test_all_faults_come_at_once_in_the_order_of_the_file():
    text = """format: 2
nmae: x
shops:
  - {city: Edam, colour: gren}
  - {city: 5, staf: 2}
  - Hoorn
owners: [anna]
span: [1]
"""
    faults = faults_of(text)
    assert [(fault.where, fault.rule) for fault in faults] == [
        ("<text>:2:1", "extra_forbidden"),
        ("<text>:4:26", "literal_error"),
        ("<text>:5:12", "string_type"),
        ("<text>:5:15", "extra_forbidden"),
        ("<text>:6:5", "model_type"),
        ("<text>:7:1", "dict_type"),
        ("<text>:8:1", "missing"),
    ]
    assert [fault.remedy for fault in faults[:4]] == [
        "Did you mean 'name'?",
        "Did you mean 'green'?",
        "Put it between quotes.",
        "Did you mean 'staff'?",
    ]
    assert "'red', 'green' or 'blue'" in faults[1].expected


def test_a_misspelt_key_is_not_missing_too_but_an_absent_one_is():
    assert [fault.rule for fault in faults_of("nmae: x\n")] == ["extra_forbidden"]
    fault = only("open: true\n")
    assert (fault.where, fault.found, fault.expected) == ("<text>:1:1", "no key 'name'", "name: ...")


def test_an_unknown_key_names_what_exists_at_its_own_level():
    fault = only("name: x\nshops:\n  - {zzz: 1}\n")
    assert fault.remedy == "There are: 'city', 'colour', 'staff'."


def test_a_key_twice_is_a_fault_with_both_places_beside_the_others():
    faults = faults_of("name: x\nopen: true\nname: y\nshops: [{city: Edam, city: Hoorn}]\nopne: false\n")
    assert [fault.where for fault in faults] == ["<text>:3:1", "<text>:4:22", "<text>:5:1"]
    assert "<text>:1:1" in faults[0].remedy
    assert "<text>:4:10" in faults[1].remedy


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        ("name: x\nspan: [1]", "a list of 1", "a longer one"),
        ("name: x\nspan: [1, 2, 3]", "a list", "a shorter one"),
        ("name: x\nspan: 1", "1", "a list: [a, b]"),
        ("name: x\nshops: 1", "1", "a list: [a, b], or lines that begin with '- '"),
        ("name: x\nshops:", "nothing", "a list: [a, b], or lines that begin with '- '"),
        ("name: x\nshops: [{staff: -1}]", "-1", "greater than or equal to 0"),
        ("name: [x]", "a list", "a text"),
        ("name: {a: x}", "keys with values", "a text"),
        ("- name", "a list", "keys with values (key: value)"),
        ("just a text\n", "the text 'just a text'", "keys with values (key: value)"),
        ("name: x\ngrowth: " + "long " * 50, f"the text {('long ' * 50)[:57] + '...'!r}", "a number"),
    ],
)
def test_a_wrong_type_is_said_in_words(text, found, expected):
    fault = only(text + "\n")
    assert (fault.found, fault.expected) == (found, expected)


def test_the_error_is_the_callers_own():
    with pytest.raises(StudyError, match=r"^The study in <text> cannot be used\.\n  - <text>:1:1: found no key"):
        read_yaml("open: true\n", Chain, error=StudyError, what="study")


def test_many_faults_are_cut_short():
    faults = faults_of("name: x\n" + "".join(f"k{n}: 1\n" for n in range(300)))
    assert len(faults) == 101
    assert (faults[99].where, faults[100].found) == ("<text>:101:1", "200 faults more")


def test_a_newer_format_is_that_one_fault():
    fault = only("format: 3\nname: [x]\nnew_key: 1\n")
    assert (fault.where, fault.found) == ("<text>:1:9", "format 3")
    assert "format 2 or older" in fault.expected
    assert "Update causalkpi" in fault.remedy
    assert read("format: 1\nname: x").format == 1
    assert only("format: 0\nname: x\n").expected == "1 or 2"


# The check of meaning


def test_the_check_sees_what_is_left_and_its_faults_come_along():
    seen = []

    def check(chain: Chain, position: Position) -> None:
        seen.append(chain)
        places = [position("shops", n, "city") for n, _ in enumerate(chain.shops)]
        raise GraphError("", [Fault(place, "this city", "another") for place in places])

    text = "name: x\nopne: true\nshops:\n  - {city: Edam}\n  - 3\n  - {city: Hoorn, staff: x, colour: gren}\n  - {}\n"
    with pytest.raises(GraphError) as failure:
        read_yaml(text, Chain, check=check)
    assert seen == [Chain(name="x", shops=[Shop(city="Edam"), Shop()])]
    assert [fault.where.removeprefix("<text>:") for fault in failure.value.faults] == [
        "2:1",
        "4:12",  # from the check
        "5:5",
        "6:26",
        "6:37",
        "7:5",  # from the check
    ]


def test_what_is_wrong_in_an_entry_does_not_remove_the_entry():
    seen = []
    with pytest.raises(GraphError):
        read_yaml("name: x\nowners: {anna: 3, bert: {city: 1}}\n", Chain, check=lambda chain, _: seen.append(chain))
    assert seen[0].owners == {"anna": None, "bert": None}


def test_without_what_is_required_there_is_nothing_to_check():
    with pytest.raises(GraphError):
        read_yaml("open: true\n", Chain, check=lambda *_: pytest.fail("checked"))


# Hostile files


def test_tags_run_nothing_and_are_refused(tmp_path):
    bait = tmp_path / "bait"
    text = f"name: !!python/object/apply:os.system ['touch {bait}']\nopen: !mine true\ngrowth: !!float 1\n"
    faults = faults_of(text)
    assert not bait.exists()
    assert [fault.found for fault in faults if fault.rule == "tag"] == [
        "the tag !!python/object/apply:os.system",
        "the tag !mine",
        "the tag !!float",
    ]


def test_an_alias_bomb_does_not_go_off():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    faults = faults_of("\n".join(lines) + "\n")
    assert {fault.rule for fault in faults} == {"anchor", "alias", "more"}
    assert (faults[0].where, faults[0].found) == ("<text>:1:5", "the anchor &a0")
    assert ("<text>:2:10", "the alias *a0") in [(fault.where, fault.found) for fault in faults]


def test_a_merge_key_is_refused():
    assert [fault.rule for fault in faults_of("name: &x {a: 1}\nopen: {<<: *x}\n")] == ["anchor", "alias"]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 1000, "- " * 1000])
def test_deep_nesting_is_refused(text):
    fault = only(text + "\n")
    assert fault.found == "more than 50 levels within each other"


def test_fifty_levels_are_fine():
    assert read_yaml("a: " + "[" * 49 + "]" * 49 + "\n", Free)[0].model_extra["a"]


@pytest.mark.parametrize(
    ("text", "where", "remedy"),
    [
        ("name: x\nshops:\n\t- city: Edam\n", "<text>:3:1", "Indent with spaces"),
        ("name: a: b\n", "<text>:1:8", "between quotes"),
        ("name: -\n", "<text>:1:7", "A minus sign alone"),
        ("name: ?\n", "<text>:1:7", "A question mark alone"),
        ("name: @x\n", "<text>:1:7", "between quotes"),
        ("name: 'x\n", "<text>:1:7", "Close the quotes"),
        ("shops: [1\n", "<text>:1:8", "Close the bracket"),
        ('name: "\\q"\n', "<text>:1:9", ""),
        ('name: "\\ud800"\n', "<text>:1:7", ""),
        ("? [a, b]\n: c\n", "<text>:1:3", ""),
        ("? " * 1000 + "\n", "<text>:1:3", ""),
        ("name: x\n--- \nname: y\n", "<text>:2:1", ""),
        ("%YAML 1.1\n---\nname: x\n", "<text>:2:1", ""),
    ],
)
def test_a_syntax_error_has_its_place_and_remedy(text, where, remedy):
    fault = only(text)
    assert (fault.rule, fault.where) == ("syntax", where)
    assert remedy in fault.remedy


@pytest.mark.parametrize("text", ["\n", "# only a comment\n"])
def test_a_file_without_content_is_refused(text):
    assert [(fault.where, fault.found) for fault in faults_of(text)] == [("<text>:1:1", "nothing")]


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.yaml"
    path.touch()
    assert only(path).found == "nothing"


@pytest.mark.parametrize(
    ("data", "place", "found"),
    [
        (b"name: x\nopen: \xff\n", "2:7", "the byte 0xff"),
        ("name: x\n".encode("utf-16"), "1:1", "the byte 0xff"),
        (b"\x89PNG\r\n\x1a\n\0\0", "1:1", "the byte 0x89"),
        (b"name: \x00\n", "1:7", "the byte 0x00"),
        (b"name: \xc3\xa9\x1b\n", "1:8", "the byte 0x1b"),
    ],
)
def test_a_binary_file_is_refused_at_its_first_odd_byte(tmp_path, data, place, found):
    path = tmp_path / "binary.yaml"
    path.write_bytes(data)
    fault = only(path)
    assert (fault.rule, fault.where, fault.found) == ("encoding", f"{path}:{place}", found)


def test_a_byte_order_mark_is_no_fault(tmp_path):
    path = tmp_path / "windows.yaml"
    path.write_bytes("name: é\r\n".encode("utf-8-sig"))
    assert read_yaml(path, Chain)[0].name == "é"


def test_a_huge_file_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"name: x\n" * 500_000)
    assert "2,000,000 bytes" in only(path).found
    assert "2,000,000 bytes" in only("# " + "x" * 2_000_000 + "\n").found


def test_a_folder_or_no_file_is_refused(tmp_path):
    (tmp_path / "customer.yaml").touch()
    folder, absent = only(tmp_path), only(tmp_path / "custmer.yaml")
    assert (folder.where, folder.found) == (str(tmp_path), "a folder")
    assert (absent.found, absent.remedy) == ("no file", "Did you mean 'customer.yaml'?")
    assert only(tmp_path / ("x" * 5000)).rule == "file"
    assert only("name\0.yaml").rule == "file"


def test_a_str_without_a_line_break_is_a_path(tmp_path):
    path = tmp_path / "chain.yaml"
    path.write_text("name: x")
    assert read_yaml(str(path), Chain)[0].name == "x"
