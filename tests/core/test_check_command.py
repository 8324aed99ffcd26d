"""`roadshow check`: all that is wrong with a definition, before anybody waits for the server."""

from pathlib import Path

import pytest

from roadshow.cli import main
from roadshow.commands.checking import load_all
from roadshow.errors import SetupError
from tests.core.competitions.definitions import SMALL

NO_ZONE = SMALL.replace("Asia/Shanghai", "Asia/Peking")
NO_NAME = SMALL.replace('"安娜"', '""')


def _written(folder: Path, **files: str) -> list[Path]:
    paths = [folder / f"{name}.toml" for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, "utf-8")
    return paths


def _checked(paths: list[Path], capsys: pytest.CaptureFixture[str]) -> tuple[object, list[str]]:
    """The exit code and what was said."""
    with pytest.raises(SystemExit) as ended:
        main(["check", *map(str, paths)])
    return ended.value.code, capsys.readouterr().out.splitlines()


def test_a_sound_definition_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says so, so that silence is not taken for it."""
    two = SMALL.replace('ru = "Анна" }]', 'ru = "Анна" }, { en = "Deng", zh = "邓", ru = "Дэн" }]', 1)
    (mine,) = _written(tmp_path, mine=two)
    assert _checked([mine], capsys) == (0, [f"Nothing is wrong with: {mine} (spring-final)"])


def test_whoever_begins_with_nothing_is_told_of_the_presets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten lines of what is missing look like a day's work; one word is."""
    code, said = _checked(_written(tmp_path, mine='id = "mine"\n'), capsys)
    assert code == 1
    assert 'mine.toml: extends: missing; extends = "generic-5-5" brings' in said[0]
    _, said = _checked(_written(tmp_path, mine='extends = "generic-5-5"\nid = "mine"\n'), capsys)
    assert not [line for line in said if "extends" in line]


def test_a_text_of_ones_own_takes_the_place_of_the_presets_in_every_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else Russian readers come to another competition."""
    for text in ('title = { en = "A", zh = "B" }', 'title.en = "A"\ntitle.zh = "B"', '[title]\nen = "A"\nzh = "B"'):
        code, said = _checked(_written(tmp_path, mine=f'extends = "demo"\nid = "mine"\n{text}\n'), capsys)
        assert code == 1
        (line,) = said
        assert line.endswith("title.ru: missing; expected text in quotes")
        assert "/mine.toml:3:" in line


def test_one_organiser_alone_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It works, until a sign-in is stolen."""
    code, said = _checked(_written(tmp_path, mine=SMALL), capsys)
    assert code == 0
    assert said[1].startswith("spring-final: Warning: Anna is the only organiser.")


def test_a_rule_that_one_absence_switches_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of five judges one abstains, and the winner is another: whoever writes the rules must know. As they are by
    default nothing is said, nor where the quorum makes it impossible."""
    jury = "".join(
        f'[[judges]]\nid = "judge-{number}"\nfield = "ai"\nname = {{ en = "N", zh = "N", ru = "N" }}\n'
        f'affiliation = {{ en = "F", zh = "F", ru = "F" }}\nrecused = {recused}\n'
        for number, recused in ((2, "[]"), (3, "[]"), (4, '["one"]'), (5, "[]"))
    )

    def warned(rules: str) -> list[str]:
        text = (SMALL + jury).replace("quorum = 2\n", rules)
        _, said = _checked(_written(tmp_path, mine=text), capsys)
        return [line.partition("Warning: ")[2] for line in said if "trim" in line]

    (line,) = warned('estimator = "trimmed-mean"\ntrim = { n_min = 5 }\nquorum = 3\n')
    assert line.startswith("in field “ai” one missing ballot ends trimming for every project: 5 judges may score one")
    assert line.endswith("Leave n_min out, or raise rules.quorum to 5.")
    assert warned('estimator = "trimmed-mean"\nquorum = 3\n') == []
    assert warned('estimator = "trimmed-mean"\ntrim = { n_min = 5 }\nquorum = 5\n') == []
    assert warned('estimator = "mean"\ntrim = { n_min = 5 }\nquorum = 3\n') == []
    (line,) = warned('estimator = "trimmed-mean"\ntrim = { n_min = 6 }\nquorum = 3\n')
    assert line.startswith("field “ai” will not be trimmed: 5 judges may score one, and rules.trim.n_min is 6")
    (line,) = warned('estimator = "trimmed-mean"\ntrim = { k = 2 }\nquorum = 3\n')
    assert line.endswith("Raise rules.quorum to 5.")


def test_every_file_is_read_whatever_is_wrong_with_the_one_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A week has several finals; they are corrected in one go."""
    paths = [*_written(tmp_path, a=NO_ZONE, b="id = ?", c=NO_NAME), tmp_path / "none.toml"]
    code, said = _checked(paths, capsys)
    assert code == 1
    assert [line.partition(": ")[0].rpartition("/")[2] for line in said] == [
        "a.toml:2:1",
        "b.toml:1:6",
        "c.toml:6:30",
        "none.toml",
    ]


def test_more_than_a_start_shows_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks for all of it has a scroll bar."""
    wrong = SMALL + "".join(f"\n[[events]]\nkind = {number}" for number in range(30))
    code, said = _checked(_written(tmp_path, mine=wrong), capsys)
    assert code == 1
    assert len(said) == 30 * 5
    assert not [line for line in said if line.startswith("…")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SMALL.replace("quorum = 2", "quorum = 2\naudience_share = 20"), "not offered yet"),
        (SMALL.replace('"ai"', '"try-ai"'), "names rooms without a field"),
    ],
)
def test_what_a_start_would_refuse_is_refused(
    text: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """ "Nothing is wrong", and then it does not start, would be worse than no check."""
    code, said = _checked(_written(tmp_path, mine=text), capsys)
    assert code == 1
    assert any(expected in line for line in said), said


def test_two_files_of_one_id_do_not_go_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of them is sound; only side by side they are not."""
    code, said = _checked(_written(tmp_path, a=SMALL, b=SMALL), capsys)
    assert code == 1
    assert said == [f"{tmp_path / 'b.toml'}: id: “spring-final” is also that of {tmp_path / 'a.toml'}"]


def test_a_start_says_what_is_wrong_with_any_of_its_files(tmp_path: Path) -> None:
    """It reads them the same way."""
    with pytest.raises(SetupError) as refused:
        load_all(_written(tmp_path, a=NO_ZONE, b=NO_NAME))
    assert [line.partition(": ")[0].rpartition("/")[2] for line in str(refused.value).splitlines()] == [
        "a.toml:2:1",
        "b.toml:6:30",
    ]


def test_what_a_key_holds_does_not_move_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A definition may come from somebody else."""
    _, said = _checked(_written(tmp_path, mine=SMALL + '\n["\\u001b[2J"]\n'), capsys)
    assert len(said) == 1
    assert "\x1b" not in said[0]
