"""A ballot box: what whoever has no key can tell of the scores in it, and what whoever has it can do."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.ballot import canonical, decode_ballot, digest, encode_ballot, frame
from roadshow.voting.boxes.box import Box
from roadshow.voting.boxes.jury import Said, said, seal_vote
from roadshow.voting.boxes.opening import opened_ballot
from roadshow.voting.questions.acts import NONE_OF_THEM, Vote
from roadshow.voting.spec import Criterion, Deduction, PollSpec, RuleSet
from roadshow.voting.votes import Ballot, BallotKind, Cast

POLL, LIN, MEI = PollId("ai"), PersonId("lin"), PersonId("mei")
ARM, LEG = ProjectId("arm"), ProjectId("leg")
IMPACT, TEAM = CriterionId("impact"), CriterionId("团队")
KEY = bytes(range(32))
BOX = Box.of(POLL, KEY)
SPEC = PollSpec(
    poll=POLL,
    projects=(ARM, LEG),
    judges=(LIN, MEI),
    chair=LIN,
    recused=(),
    criteria=(Criterion(IMPACT, 2, 100), Criterion(TEAM, 1, 10)),
    rules=RuleSet("mean", 1, ("shared",), "exact", 1),
    sealed=BOX.mark,
)
SCORES = st.fixed_dictionaries({IMPACT: st.integers(0, 100), TEAM: st.integers(0, 10)})
COMMANDS = st.integers(0, 10**6).map(lambda number: CommandId(f"command-{number:08}"))


def _cast(scores: Mapping[CriterionId, int], command: str = "command-1", expected: int = 0) -> Cast:
    return Cast(CommandId(command), ARM, dict(scores), expected)


def _sealed(cast: Cast, judge: PersonId = LIN, kind: BallotKind = "ballot", box: Box = BOX) -> Ballot:
    """As the store has it, and as it is read there without a key."""
    sent = replace(cast, sealed=box.seal(SPEC, judge, cast, kind))
    body = frame(judge, sent, kind).at_revision(cast.expected_revision + 1)
    assert b'"scores"' not in body
    assert all(canonical(criterion) not in body for criterion in cast.scores)
    return decode_ballot(kind, body, Instant(0))


@given(SCORES, COMMANDS, st.integers(0, 99), st.sampled_from(["ballot", "late"]))
def test_what_was_sealed_is_opened(
    scores: dict[CriterionId, int], command: CommandId, expected: int, kind: BallotKind
) -> None:
    """Whatever a judge gave is what is counted."""
    ballot = _sealed(_cast(scores, command, expected), kind=kind)
    assert ballot.scores == {}
    opened = opened_ballot(ballot, BOX)
    assert opened.scores == scores
    assert encode_ballot(opened) == encode_ballot(ballot)


@given(SCORES)
def test_a_judges_own_signature_is_sealed_with_the_scores(scores: dict[CriterionId, int]) -> None:
    """There are few scores: whoever had the signature could try which of them it fits."""
    signature = "s" * 86
    ballot = _sealed(replace(_cast(scores), signature=signature))
    assert signature not in encode_ballot(ballot).decode()
    assert (ballot.signature, BOX.opened(ballot).signature) == ("", signature)
    other = _sealed(replace(_cast({IMPACT: 0, TEAM: 0}), signature=signature))
    assert len(other.sealed) == len(ballot.sealed)


@given(st.lists(SCORES, min_size=2, max_size=2))
def test_no_length_tells_a_score(given: list[dict[CriterionId, int]]) -> None:
    """0 is shorter than 100."""
    one, other = (_sealed(_cast(scores, f"command-{at}")) for at, scores in enumerate(given))
    assert len(one.sealed) == len(other.sealed)


@given(SCORES)
def test_equal_ballots_have_nothing_in_common(scores: dict[CriterionId, int]) -> None:
    """Else the store could see who agrees with whom, and try out what it knows of one of them."""
    seals = {_sealed(_cast(scores, command)).sealed for command in ("command-1", "command-2")}
    seals |= {_sealed(_cast(scores), MEI).sealed, _sealed(_cast(scores), kind="late").sealed}
    seals |= {_sealed(_cast(scores), box=Box.of(POLL, bytes(32))).sealed}
    assert len({seal[:8] for seal in seals}) == len({seal[20:40] for seal in seals}) == 5


@given(SCORES, SCORES)
def test_other_scores_under_one_command_share_no_nonce(
    one: dict[CriterionId, int], other: dict[CriterionId, int]
) -> None:
    """The store refuses the second, and has then seen both: with one nonce they would give each other away."""
    first, second = (_sealed(_cast(scores)).sealed for scores in (one, other))
    assert (first == second) is (one == other)
    assert (first[:16] == second[:16]) is (one == other)


@dataclass(frozen=True)
class _Elsewhere:
    ballot: Ballot
    box: Box = BOX


MINE = _sealed(_cast({IMPACT: 90, TEAM: 9}))


@pytest.mark.parametrize(
    "moved",
    [
        _Elsewhere(replace(MINE, judge=MEI)),
        _Elsewhere(replace(MINE, project=LEG)),
        _Elsewhere(replace(MINE, revision=2)),
        _Elsewhere(replace(MINE, round=2)),
        _Elsewhere(replace(MINE, late=True)),
        _Elsewhere(replace(MINE, command=CommandId("command-2"))),
        _Elsewhere(MINE, Box.of(PollId("bio"), KEY)),
        _Elsewhere(MINE, Box.of(POLL, bytes(32))),
        _Elsewhere(MINE, Box(PollId("bio"), base64.urlsafe_b64decode(BOX.key + "="))),
    ],
    ids=["judge", "project", "revision", "round", "late", "command", "field", "competition", "field with this key"],
)
def test_sealed_scores_fit_their_own_ballot_and_no_other(moved: _Elsewhere) -> None:
    """Whoever holds the store cannot read them, but could give them to somebody else."""
    with pytest.raises(ValueError, match="about something else"):
        moved.box.contents(moved.ballot)


@given(st.data())
def test_whatever_is_changed_in_them_is_noticed(data: st.DataObject) -> None:
    """A letter of base64 more or less among them."""
    at = data.draw(st.integers(0, len(MINE.sealed)))
    letter = data.draw(st.sampled_from("AZaz09-_=+ \n"))
    changed = MINE.sealed[:at] + letter + MINE.sealed[at + data.draw(st.integers(0, 1)) :]
    if changed != MINE.sealed:
        with pytest.raises(ValueError):  # noqa: PT011  # whatever it says
            BOX.contents(replace(MINE, sealed=changed))


def test_whoever_has_the_key_cannot_write_one_ballot_in_two_ways() -> None:
    """Two readers of a record would find two texts, or one of them none."""
    about = canonical(
        {
            "command": "command-1",
            "judge": LIN,
            "kind": "ballot",
            "poll": POLL,
            "project": ARM,
            "revision": 1,
            "round": 1,
        }
    )
    made = hmac.digest(base64.urlsafe_b64decode(BOX.key + "="), b"roadshow sealed ballot 1\n" + about, "sha512")
    for text, other in (
        (b'{"scores":{"impact":9}}', bytes(12)),  # another nonce than the text's own
        (b'{"scores":{"impact": 9}}', None),
        (b'{"scores":{"impact":9,"impact":8}}', None),
        (b'{"scores":{"impact":9},"more":1}', None),
        (b'{"scores":{"impact":"9"}}', None),
    ):
        nonce = other or hmac.digest(made[32:], text, "sha256")[:12]
        sealed = base64.urlsafe_b64encode(nonce + AESGCM(made[:32]).encrypt(nonce, text, about)).rstrip(b"=").decode()
        with pytest.raises(ValueError):  # noqa: PT011
            BOX.contents(replace(MINE, sealed=sealed))


def test_it_is_sealed_as_a_judges_browser_opens_it() -> None:
    """tests/web/box.test.mjs holds the same: both are written from docs/voting.md."""
    spec = replace(SPEC, criteria=(Criterion(IMPACT, 2, 100), Criterion(CriterionId("team"), 1, 10)))
    cast = _cast({IMPACT: 90, CriterionId("team"): 9})
    assert BOX.key == "bLww9aOL_51hto61AjrZia_n_Bqr0rH3F0i8SjUN8eU"
    assert BOX.mark == "2a80fbc88c3e265355df22254e5c1f1f243b522a21620dc81925543272c26b54"
    assert BOX.seal(spec, LIN, cast, "ballot") == (
        "TzyP51CAQ22BH7CUID8bbZDsbGIGEXF7f80NhgsRMlMWobsgSIifjFU3Cqa5NBwYx10c73x5y-lUdQ6O1Xut"
    )
    assert (
        BOX.seal(spec, LIN, cast, "late")
        == "XoetqUvaG1KdjFkoIoDaPNyK55A596YaaF5SaV9ywkNDGW7YOZARhHsNlEVpjB02u2inCdNZOHoi-ry5VrQe"
    )


def test_a_key_is_known_by_the_mark_in_the_rules() -> None:
    """Whoever publishes a key cannot choose it when all scores are known."""
    assert Box.opened_by(SPEC, BOX.key).opened(MINE).scores == {IMPACT: 90, TEAM: 9}
    for key in (Box.of(POLL, bytes(32)).key, BOX.key + "=", "", "…"):
        with pytest.raises(ValueError):  # noqa: PT011
            Box.opened_by(SPEC, key)
    assert BOX.key not in BOX.mark
    assert BOX.mark == digest(b"roadshow box 1\n" + canonical({"key": BOX.key, "poll": POLL}))


def test_no_length_tells_what_was_taken_off_or_how_many_are_in_an_order() -> None:
    """A deduction that was not made is not written, and an order grows with the projects that were heard."""
    off = CriterionId("overtime")
    deducting = replace(SPEC, rules=replace(SPEC.rules, deductions=(Deduction(off, 5),)))
    orders = replace(SPEC, rules=replace(SPEC.rules, ballots="orders"))
    for spec, few, many in (
        (deducting, {IMPACT: 90, TEAM: 9}, {IMPACT: 90, TEAM: 9, off: 5}),
        (orders, {CriterionId(ARM): 1}, {CriterionId(ARM): 1, CriterionId(LEG): 2}),
    ):
        seals = [BOX.seal(spec, LIN, _cast(scores), "ballot") for scores in (few, many)]
        assert len(seals[0]) == len(seals[1])


@given(st.sampled_from([ARM, LEG, NONE_OF_THEM]), COMMANDS, st.sampled_from(["", "s" * 86]))
def test_a_vote_on_a_question_is_opened_and_its_length_tells_nothing(
    choice: ProjectId, command: CommandId, signature: str
) -> None:
    """Ids of projects are of many lengths, and for none of them there is none."""
    spec = replace(SPEC, projects=(ARM, LEG, ProjectId("leg-of-another")))
    sealed = seal_vote(BOX, spec, LIN, Vote(7, choice, signature=signature or None), command)
    longest = seal_vote(BOX, spec, MEI, Vote(7, spec.projects[2], signature=signature or None), command)
    assert len(sealed) == len(longest)
    assert said(BOX, LIN, 7, command, sealed) == Said(choice, signature)
    for judge, question, own in ((MEI, 7, command), (LIN, 8, command), (LIN, 7, CommandId("command-other"))):
        with pytest.raises(ValueError, match="about something else"):
            said(BOX, judge, question, own, sealed)
    with pytest.raises(ValueError, match="about something else"):
        said(Box.of(PollId("bio"), KEY), LIN, 7, command, sealed)


def test_a_ballot_is_no_vote() -> None:
    """Each is sealed for its own end."""
    vote = seal_vote(BOX, SPEC, LIN, Vote(1, ARM), CommandId("command-1"))
    with pytest.raises(ValueError, match="about something else"):
        BOX.contents(replace(MINE, sealed=vote))
    with pytest.raises(ValueError, match="about something else"):
        said(BOX, LIN, 1, CommandId("command-1"), MINE.sealed)
