"""Commands that open the store of a server, in a folder that no server ever used."""

from pathlib import Path

import pytest

from roadshow.cli import main

COMMANDS = {"revoke": ("revoke", "organiser", "--demo"), "export": ("export", "ai", "--demo")}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("is_there", [False, True], ids=["no folder", "another folder"])
def test_a_folder_that_nothing_was_served_from_is_refused_and_left_as_it_is(
    command: tuple[str, ...],
    is_there: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A store made on the spot says that all is done, beside the one where it is not."""
    for name in ("REDIS_URL", "ROADSHOW_DATA"):
        monkeypatch.delenv(name, raising=False)
    data = tmp_path / "var"
    if is_there:
        data.mkdir(mode=0o755)
        (data / "letter.txt").write_text("Dear Anna")
    with pytest.raises(SystemExit) as ended:
        main([*command, "--data", str(data)])
    assert ended.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "demo" in output.err
    assert "served from" in output.err
    assert "--data" in output.err
    assert [path.name for path in tmp_path.rglob("*")] == (["var", "letter.txt"] if is_there else [])
    assert not is_there or data.stat().st_mode & 0o777 == 0o755
