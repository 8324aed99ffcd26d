"""`roadshow feed`: what somebody who sends from OBS is given."""

from pathlib import Path

import pytest

from roadshow.access.tokens import PublishGrant, SignallingTokens
from roadshow.cli import main
from roadshow.clock import SystemClock
from roadshow.errors import NotAllowed
from roadshow.ids import FEED, CompetitionId, RoomId
from roadshow.rooms.feeds.encoders import BACKUP, MAIN
from roadshow.settings import Settings
from tests.core.competitions.definitions import SMALL

ROBOTICS = RoomId("robotics")
URL = "https://final.example.org"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A data folder that a server has used, and no settings but these."""
    for name in ("ROADSHOW_SECRET", "ROADSHOW_DATA", "ROADSHOW_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ROADSHOW_PUBLIC_URL", URL)
    settings = Settings(data=tmp_path / "data")
    settings.signing_secret()
    return settings


def _asked(settings: Settings, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """The address and the token that are printed."""
    main(["feed", *arguments, "--data", str(settings.data)])
    server, token = capsys.readouterr().out.splitlines()
    return server.removeprefix("Server").strip(), token.removeprefix("Bearer Token").strip()


def _refused(settings: Settings, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["feed", *arguments, "--data", str(settings.data)])
    assert ended.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    return output.err


def test_the_token_opens_that_room_for_its_feed_and_no_other(
    served: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the secret of the server that will be asked."""
    server, token = _asked(served, capsys, ROBOTICS, "--demo")
    assert server == f"{URL}/c/demo/rooms/robotics/whip"
    tokens = SignallingTokens(served.signing_secret(), SystemClock(), CompetitionId("demo"))
    assert tokens.may_publish(ROBOTICS, token) == PublishGrant(ROBOTICS, FEED, MAIN)
    with pytest.raises(NotAllowed):
        tokens.may_publish(RoomId("ai"), token)


def test_it_is_the_same_token_at_every_call(served: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """OBS is set up once, the evening before."""
    assert _asked(served, capsys, ROBOTICS, "--demo") == _asked(served, capsys, ROBOTICS, "--demo")


def test_the_token_of_before_there_were_several_is_mains(served: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever was set up with the version before goes on sending after the update."""
    tokens = SignallingTokens(served.signing_secret(), SystemClock(), CompetitionId("demo"))
    _, token = _asked(served, capsys, ROBOTICS, "--demo", "--encoder", "main")
    assert token == tokens.publish_token(ROBOTICS, FEED)
    assert token.startswith("p.robotics.feed.0..0.")


def test_each_encoder_has_a_token_of_its_own(served: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The backup's opens the same door, under its own name."""
    tokens = SignallingTokens(served.signing_secret(), SystemClock(), CompetitionId("demo"))
    server, token = _asked(served, capsys, ROBOTICS, "--demo", "--encoder", "backup")
    assert server == _asked(served, capsys, ROBOTICS, "--demo")[0]
    assert tokens.may_publish(ROBOTICS, token) == PublishGrant(ROBOTICS, FEED, BACKUP)


@pytest.mark.parametrize("more", [("--encoder", "balcony"), ("--withdraw",)])
def test_where_nothing_was_served_no_encoder_is_named_and_no_token_ends(
    served: Settings, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    """It would be done to nobody, in a store made on the spot."""
    assert "Nothing of demo was ever served from" in _refused(served, capsys, ROBOTICS, "--demo", *more)
    assert [path.name for path in served.data.iterdir()] == ["secret"]


def test_it_takes_the_definition_that_is_served(
    served: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """And names its rooms to whoever mistypes one."""
    definition = tmp_path / "final.toml"
    definition.write_text(SMALL, encoding="utf-8")
    error = _refused(served, capsys, ROBOTICS, "--competition", str(definition))
    assert "There is no room robotics. There are: " in error
    room = error.rstrip(".\n").rpartition(" ")[2]
    assert (
        _asked(served, capsys, room, "--competition", str(definition))[0] == f"{URL}/c/spring-final/rooms/{room}/whip"
    )


def test_no_token_is_made_of_a_secret_that_no_server_has(
    served: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would look right and be refused on the evening of the final."""
    (served.data / "secret").unlink()
    assert "has no secret: nothing was served from there" in _refused(served, capsys, ROBOTICS, "--demo")
    assert list(served.data.iterdir()) == []
    secret = "0123456789abcdef" * 2
    monkeypatch.setenv("ROADSHOW_SECRET", secret)
    _, token = _asked(served, capsys, ROBOTICS, "--demo")
    assert (
        SignallingTokens(secret.encode(), SystemClock(), CompetitionId("demo")).may_publish(ROBOTICS, token).publisher
        == "feed"
    )


def test_the_address_is_the_one_people_reach(
    served: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a public address: this machine's, at the port the server was given."""
    monkeypatch.delenv("ROADSHOW_PUBLIC_URL")
    server, _ = _asked(served, capsys, ROBOTICS, "--demo", "--port", "9000")
    assert server == "http://localhost:9000/c/demo/rooms/robotics/whip"
    assert "set ROADSHOW_PUBLIC_URL" in _refused(served, capsys, ROBOTICS, "--demo", "--port", "0")
