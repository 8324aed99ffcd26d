"""The rules once more, written from docs/voting.md alone: slow, and by other means wherever there are any.

Decimals with a hundred digits stand where the engine has fractions and integer roots, counting stands for sorting, and
every subset is tried where the engine looks at beginnings of a list.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import combinations

from msgspec import structs

from roadshow.ids import CriterionId, PersonId, ProjectId
from roadshow.voting.questions.state import Question
from roadshow.voting.rules import Votes
from roadshow.voting.spec import Criterion, Panel, Trim
from roadshow.voting.votes import Ballot

Line = tuple[ProjectId, int | None, str, str, int]
"""Project, place, score, decided by, ballots."""
DIGITS = 100


def decimal(value: Fraction) -> Decimal:
    with localcontext(prec=DIGITS):
        return Decimal(value.numerator) / Decimal(value.denominator)


def rounded(value: Fraction, places: int) -> Fraction:
    """Half up, towards the greater: shifted far above zero, where away from zero is up."""
    shift = 10**6
    with localcontext(prec=DIGITS):
        return Fraction((decimal(value) + shift).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)) - shift


def shown(value: Fraction) -> str:
    return f"{decimal(rounded(value, 2)):.2f}".replace("-0.00", "0.00")


class Reference:
    """``fields``: one, or several to be ranked together."""

    def __init__(self, fields: Sequence[Votes]) -> None:
        self.fields = fields
        self.spec = fields[0].spec
        self.rules = self.spec.rules
        self.lines: list[Line] = []
        self.ties: list[tuple[tuple[str, ...], str]] = []
        self.out: set[ProjectId] = set()
        self.after: dict[ProjectId, list[PersonId]] = {}
        """Of each project: who sits there, of the field's judges and its reserve."""
        for votes in fields:
            for number, project in enumerate(votes.spec.projects):
                seats = {judge: judge for judge in votes.spec.judges}
                for one in votes.substitutions:
                    if votes.spec.projects.index(one.project) <= number:
                        seats = {seat: one.substitute if who == one.judge else who for seat, who in seats.items()}
                self.after[project] = list(seats.values())
        self.home = {project: votes for votes in fields for project in votes.spec.projects}
        self.states = {(p, j): self.state(p, j) for p in self.home for j in self.people(self.home[p])}
        if self.rules.ballots == "pairs":
            self.duels = {(p, q): self.duel(p, q) for p in self.home for q in self.home if p != q}
            self.states = {key: self.without_opponents(*key) for key in self.states}
        self.complete = [p for p in self.home if self.is_complete(p)]
        if self.rules.ballots == "pairs":
            self.complete = self.largest_met()
        self.estimates = self.estimated()
        scores = {p: self.ranked(p) for p in self.complete}
        for value in sorted(set(scores.values()), reverse=True):
            level = [p for p in self.complete if scores[p] == value]
            self.place(level, 1 + sum(other > value for other in scores.values()), "score")
        for p in self.home:
            if p not in self.complete:
                why = "incomplete" if self.may_be_scored(p) else "not-through"
                self.lines.append((p, None, "", why, len(self.jury(p))))

    # Who counts

    def people(self, votes: Votes) -> list[PersonId]:
        """Whoever had a seat at some time."""
        return [*votes.spec.judges, *(one.substitute for one in votes.substitutions)]

    def origin(self, votes: Votes, judge: PersonId) -> PersonId:
        """Whose seat it was in the beginning: of that one are the panel and the lot."""
        for one in reversed(votes.substitutions):
            judge = one.judge if one.substitute == judge else judge
        return judge

    def state(self, project: ProjectId, judge: PersonId) -> str:
        votes = self.home[project]
        panel = self.panel(project, judge)
        if judge not in self.after[project]:
            return "replaced"
        if panel is not None and panel.weight == 0:
            return "shadow"
        state = self.state_of_all(project, judge)
        lot = (self.origin(votes, judge), project)
        if panel is not None and panel.each and lot not in votes.spec.assigned and state != "recused":
            return "elsewhere"
        return state

    def panel(self, project: ProjectId, judge: PersonId) -> Panel | None:
        named = dict(self.home[project].spec.seats).get(self.origin(self.home[project], judge))
        return next((panel for panel in self.rules.panels if panel.id == named), None)

    def is_complete(self, project: ProjectId) -> bool:
        if not self.may_be_scored(project):
            return False
        jury = self.jury(project)
        sizes = [self.of_panel(project, panel, jury) for panel in self.heard()]
        return len(jury) >= max(1, self.rules.quorum) and all(
            len(size) >= max(1, panel.quorum) for size, panel in zip(sizes, self.heard(), strict=True)
        )

    def heard(self) -> list[Panel]:
        return [panel for panel in self.rules.panels if panel.weight > 0]

    def of_panel(self, project: ProjectId, panel: Panel, jury: list[PersonId]) -> list[PersonId]:
        return [judge for judge in jury if self.panel(project, judge) == panel]

    def fewest(self, project: ProjectId) -> int:
        jury = self.jury(project)
        return min([len(self.of_panel(project, panel, jury)) for panel in self.heard()] or [len(jury)])

    def average(self, project: ProjectId, given: dict[PersonId, Fraction]) -> Fraction:
        """Every judge with the share of the whole that their panel's weight leaves each of its members."""
        whole = Fraction(0)
        shares: dict[PersonId, Fraction] = dict.fromkeys(given, Fraction(1))
        for panel in self.heard():
            members = self.of_panel(project, panel, list(given))
            shares |= {judge: Fraction(panel.weight, len(members)) for judge in members}
        for judge, value in given.items():
            whole += shares[judge] * value
        return whole / sum(shares.values(), Fraction(0))

    def newest_order(self, votes: Votes, judge: PersonId) -> tuple[int, Mapping[ProjectId, int]]:
        """When it came, of all that came, and the places in it; before all, and none, if there is no order."""
        came = -1
        for number, ballot in enumerate(votes.ballots):
            if ballot.judge == judge and ballot.scores:
                came = number
        return (came, votes.ballots[came].places) if came >= 0 else (came, {})

    def state_by_order(self, project: ProjectId, judge: PersonId) -> str:
        votes = self.home[project]
        own = {n: b for n, b in enumerate(votes.ballots) if (b.judge, b.project) == (judge, project)}
        if (judge, project) in votes.spec.recused or any(ballot.recused for ballot in own.values()):
            return "recused"
        came, places = self.newest_order(votes, judge)
        abstained = [number for number, ballot in own.items() if ballot.abstained]
        withheld = bool(abstained) and (project not in places or abstained[0] > came)
        if not withheld and project not in places:
            return "absent"
        if any((one.judge, one.project) == (judge, project) for one in votes.set_aside):
            return "void"
        return "abstained" if withheld else "submitted"

    # Comparisons

    def ahead(self, sent: Sequence[Ballot], judge: PersonId, p: ProjectId, q: ProjectId) -> int | None:
        """The last word of the judge on two projects, as halves of ``p``; None: there is none, or it was taken back."""
        word: int | None = None
        for ballot in sent:
            if ballot.judge != judge:
                continue
            if ballot.project in (p, q) and (ballot.abstained or ballot.recused):
                word = None
            elif ballot.project == p and q in ballot.places:
                word = ballot.places[q]
            elif ballot.project == q and p in ballot.places:
                word = 2 - ballot.places[p]
        gone = any(b.recused and b.judge == judge and b.project in (p, q) for b in sent)
        return None if gone else word

    def state_by_pairs(self, project: ProjectId, judge: PersonId) -> str:
        votes = self.home[project]
        own = [b for b in votes.ballots if (b.judge, b.project) == (judge, project)]
        if (judge, project) in votes.spec.recused or any(ballot.recused for ballot in own):
            return "recused"
        words = [self.ahead(votes.ballots, judge, project, q) for q in votes.spec.projects if q != project]
        compares = any(word is not None for word in words)
        if not compares and not any(ballot.abstained for ballot in own):
            return "absent"
        if any((one.judge, one.project) == (judge, project) for one in votes.set_aside):
            return "void"
        return "submitted" if compares else "abstained"

    def duel(self, p: ProjectId, q: ProjectId) -> dict[PersonId, int]:
        """Whoever has a say on both, and said which is ahead."""
        votes = self.home[p]
        both = [j for j in self.people(votes) if {self.states[p, j], self.states[q, j]} == {"submitted"}]
        words = {judge: self.ahead(votes.ballots, judge, p, q) for judge in both}
        return {judge: word for judge, word in words.items() if word is not None}

    def without_opponents(self, project: ProjectId, judge: PersonId) -> str:
        state = self.states[project, judge]
        met = any(judge in duel for (p, _), duel in self.duels.items() if p == project)
        return "absent" if state == "submitted" and not met else state

    def largest_met(self) -> list[ProjectId]:
        """Of all sets in which each was compared with enough of the set, the largest: every one is tried."""
        least = max(1, self.rules.least_opponents)
        for size in range(len(self.complete), 0, -1):
            for chosen in combinations(self.complete, size):
                if all(sum(bool(self.duels[p, q]) for q in chosen if q != p) >= least for p in chosen):
                    return list(chosen)
        return []

    def copeland(self, project: ProjectId) -> Fraction:
        held = [q for q in self.complete if q != project and self.duels[project, q]]
        won = [q for q in held if self.beats(project, q)]
        lost = [q for q in held if self.beats(q, project)]
        return Fraction(2 * len(won) + len(held) - len(won) - len(lost), 2 * len(held))

    def compared_again(self, group: list[ProjectId], judge: PersonId, sent: list[Ballot]) -> dict[ProjectId, Fraction]:
        """Of a judge who has compared all of the group with each other: the share each has won."""
        words = {(p, q): self.ahead(sent, judge, p, q) for p in group for q in group if p != q}
        if None in words.values():
            return {}
        rows = {p: [words[p, q] or 0 for q in group if q != p] for p in group}
        return {p: Fraction(100 * sum(row), 2 * len(row)) for p, row in rows.items()}

    def state_of_all(self, project: ProjectId, judge: PersonId) -> str:
        """Were the jury one."""
        if self.rules.ballots == "orders":
            return self.state_by_order(project, judge)
        if self.rules.ballots == "pairs":
            return self.state_by_pairs(project, judge)
        votes = self.home[project]
        given = [ballot for ballot in votes.ballots if (ballot.judge, ballot.project) == (judge, project)]
        if (judge, project) in votes.spec.recused or any(ballot.recused for ballot in given):
            return "recused"
        if not given:
            return "absent"
        if any((one.judge, one.project) == (judge, project) for one in votes.set_aside):
            return "void"
        return "abstained" if given[0].abstained else "submitted"

    def jury(self, project: ProjectId) -> list[PersonId]:
        return [j for j in self.people(self.home[project]) if self.states[project, j] == "submitted"]

    def card(self, project: ProjectId, judge: PersonId) -> dict[CriterionId, Fraction]:
        return self.in_points(
            next(b.scores for b in self.home[project].ballots if (b.judge, b.project) == (judge, project))
        )

    def in_points(self, scores: Mapping[CriterionId, int]) -> dict[CriterionId, Fraction]:
        """A ballot holds steps."""
        return {c.id: Fraction(scores[c.id], c.steps) for c in self.spec.criteria}

    # Estimates

    def points(self, criterion: Criterion) -> Fraction:
        """Of 100, for one point on the criterion."""
        return Fraction(100 * criterion.weight, sum(c.weight for c in self.spec.criteria)) / criterion.maximum

    def total(self, project: ProjectId, judge: PersonId) -> Fraction:
        if self.rules.ballots == "orders":
            return self.share(project, self.newest_order(self.home[project], judge)[1])
        card, total = self.card(project, judge), Fraction(0)
        for criterion in self.spec.criteria:
            total += self.points(criterion) * card[criterion.id]
        if self.rules.deductions_averaged:
            return total
        return self.lessened(total, self.off(self.ballot(project, judge)))

    def ballot(self, project: ProjectId, judge: PersonId) -> Mapping[CriterionId, int]:
        given = [b for b in self.home[project].ballots if (b.judge, b.project) == (judge, project)]
        return given[0].scores

    def off(self, scores: Mapping[CriterionId, int]) -> Fraction:
        """In hundredths first, of which every step is a whole number."""
        named = [(scores[one.id], one.steps) for one in self.rules.deductions if one.id in scores]
        return Fraction(sum(number * (100 // steps) for number, steps in named), 100)

    def share(self, project: ProjectId, places: Mapping[ProjectId, int]) -> Fraction:
        """Of 100: by duels with each of the others, which a project wins, loses, or halves."""
        duels = [
            1 if place > places[project] else -1 if place < places[project] else 0 for one, place in places.items()
        ]
        others = len(duels) - 1  # the duel with itself is halved, and not counted
        return Fraction(50) if others == 0 else Fraction(50 * (sum(duels) + others), others)

    def lessened(self, total: Fraction, off: Fraction) -> Fraction:
        return total - off if off < total else Fraction(0)

    def mean(self, project: ProjectId) -> Fraction:
        return self.average(project, {judge: self.total(project, judge) for judge in self.jury(project)})

    def estimated(self) -> dict[ProjectId, Fraction]:
        self.used: str = self.rules.estimator
        trim = self.rules.trim or Trim()
        if self.used == "trimmed-mean" and (
            not self.complete or min(self.fewest(p) for p in self.complete) < max(trim.n_min, 2 * trim.k + 1)
        ):
            self.used = "mean"
        match self.used:
            case "mean":
                return {p: self.mean(p) for p in self.complete}
            case "trimmed-mean":
                return {p: self.trimmed(p, trim) for p in self.complete}
            case "place-points":
                return {p: 100 * self.placed(p) / self.rules.place_points[0] for p in self.complete}
            case "copeland":
                return {p: 100 * self.copeland(p) for p in self.complete}
            case "borda":
                return {p: 100 * self.borda(p) for p in self.complete}
            case _:
                return self.rescaled({p: self.z(p) for p in self.complete})

    def trimmed(self, project: ProjectId, trim: Trim) -> Fraction:
        def middle(values: list[Fraction]) -> Fraction:
            for _ in range(trim.k):
                values.remove(max(values))
                values.remove(min(values))
            return sum(values, Fraction(0)) / len(values)

        parts = [(panel.weight, self.of_panel(project, panel, self.jury(project))) for panel in self.heard()]
        if parts:
            sums = [weight * self.trimmed_of(project, trim, jury, middle) for weight, jury in parts]
            return sum(sums, Fraction(0)) / sum(weight for weight, _ in parts)
        return self.trimmed_of(project, trim, self.jury(project), middle)

    def trimmed_of(
        self, project: ProjectId, trim: Trim, jury: list[PersonId], middle: Callable[[list[Fraction]], Fraction]
    ) -> Fraction:
        if trim.scope == "total":
            return middle([self.total(project, judge) for judge in jury])
        estimate = Fraction(0)
        for criterion in self.spec.criteria:
            scores = [self.card(project, judge)[criterion.id] for judge in jury]
            estimate += self.points(criterion) * middle(scores)
        return estimate

    def seen_by(self, judge: PersonId) -> list[ProjectId]:
        return [p for p in self.complete if judge in self.jury(p)]

    def borda(self, project: ProjectId) -> Fraction:
        """By comparisons: a whole one for each project behind, half of one for each beside."""
        shares: dict[PersonId, Fraction] = {}
        for judge in self.jury(project):
            others = [p for p in self.seen_by(judge) if p != project]
            mine = self.total(project, judge)
            behind = sum((2 if self.total(p, judge) < mine else self.total(p, judge) == mine) for p in others)
            shares[judge] = Fraction(behind, 2 * len(others)) if others else Fraction(1, 2)
        return self.average(project, shares)

    def placed(self, project: ProjectId) -> Fraction:
        """By counting who is ahead and who is beside, judge by judge."""
        worth = dict(enumerate(self.rules.place_points))
        points: dict[PersonId, Fraction] = {}
        for judge in self.jury(project):
            others = [self.total(p, judge) for p in self.seen_by(judge) if p != project]
            ahead = sum(total > self.total(project, judge) for total in others)
            beside = others.count(self.total(project, judge))
            taken = [worth.get(place, 0) for place in range(ahead, ahead + beside + 1)]
            points[judge] = Fraction(sum(taken), len(taken))
        return self.average(project, points)

    def z(self, project: ProjectId) -> Fraction:
        scores: dict[PersonId, Fraction] = {}
        for judge in self.jury(project):
            given = [self.total(p, judge) for p in self.seen_by(judge)]
            centre = sum(given, Fraction(0)) / len(given)
            if len(set(given)) == 1:
                scores[judge] = Fraction(0)
                continue
            with localcontext(prec=DIGITS):
                variance = decimal(sum(((t - centre) ** 2 for t in given), Fraction(0)) / (len(given) - 1))
                deviation = max(variance.sqrt(), Decimal(self.rules.least_spread) / 100)
                z = decimal(self.total(project, judge) - centre) / deviation
                scores[judge] = Fraction(z.quantize(Decimal(1).scaleb(-30), ROUND_HALF_UP))
        return rounded(self.average(project, scores), 9)

    def rescaled(self, z: dict[ProjectId, Fraction]) -> dict[ProjectId, Fraction]:
        if not z:
            return {}
        means = [self.mean(p) for p in self.complete]
        low, width = min(means), max(means) - min(means)
        if len(set(z.values())) == 1:
            return dict.fromkeys(z, low + width / 2)
        if width == 0:  # level means: from one point under them, or from zero
            width = low if low < 1 else Fraction(1)
            low -= width
        return {p: low + width * (z[p] - min(z.values())) / (max(z.values()) - min(z.values())) for p in z}

    # Scores

    def net(self, project: ProjectId) -> Fraction:
        off = Fraction(0)
        if self.rules.deductions_averaged:
            off = self.average(project, {judge: self.off(self.ballot(project, judge)) for judge in self.jury(project)})
        penalties = [one.points for one in self.home[project].penalties if one.project == project]
        return self.estimates[project] - off - Fraction(penalties[-1] if penalties else 0, 100)

    def votes(self, project: ProjectId) -> int:
        return self.home[project].audience.get(project, 0)

    def score(self, project: ProjectId) -> Fraction:
        most = max(self.votes(p) for p in self.complete)
        own = self.net(project)
        if most > 0:
            alpha = Fraction(self.rules.audience_share) / 100
            own = (1 - alpha) * own + alpha * 100 * self.votes(project) / most
        return self.with_what_it_brings(project, own)

    def may_be_scored(self, project: ProjectId) -> bool:
        """Where a field takes over from earlier ones: whoever is through, once that is known."""
        votes = self.home[project]
        if votes.spec.carried is None or votes.brought is None:
            return True
        return project in [line.project for line in votes.brought.came]

    def with_what_it_brings(self, project: ProjectId, own: Fraction) -> Fraction:
        votes = self.home[project]
        terms, brought = votes.spec.carried, votes.brought
        if terms is None or brought is None:
            return own
        (points,) = [Decimal(line.score) for line in brought.came if line.project == project]
        carried = Fraction(points)
        if terms.scale == "best":
            (source,) = [one.source for one in terms.came if one.project == project]
            (best,) = [Decimal(taken.best) for taken in brought.sources if taken.poll == source]
            carried = carried / Fraction(best) * 100 if best > 0 else Fraction(0)
        return own - (own - carried) * terms.weight / 100

    def ranked(self, project: ProjectId) -> Fraction:
        return rounded(self.score(project), 2) if self.rules.rank_on == "rounded" else self.score(project)

    # Ties

    def on_criterion(self, project: ProjectId, criterion: Criterion) -> Fraction:
        jury = self.jury(project)
        return self.average(project, {judge: self.card(project, judge)[criterion.id] for judge in jury})

    def heavy(self, project: ProjectId) -> Fraction:
        top = max(c.weight for c in self.spec.criteria)
        heavy = [c for c in self.spec.criteria if c.weight == top]
        return sum((self.on_criterion(project, c) / c.maximum for c in heavy), Fraction(0))

    def beats(self, a: ProjectId, b: ProjectId) -> bool:
        if self.rules.ballots == "pairs":
            duel = self.duels[a, b]
            ahead = [judge for judge, word in duel.items() if word == 2]
            return self.outweighs(a, list(duel), ahead, [judge for judge, word in duel.items() if word == 0])
        both = [judge for judge in self.jury(a) if judge in self.jury(b)]
        for_a = [judge for judge in both if self.total(a, judge) > self.total(b, judge)]
        for_b = [judge for judge in both if self.total(b, judge) > self.total(a, judge)]
        return self.outweighs(a, both, for_a, for_b)

    def outweighs(self, a: ProjectId, both: list[PersonId], for_a: list[PersonId], for_b: list[PersonId]) -> bool:
        if not self.rules.panels:
            return len(for_a) > len(for_b)
        balance = Fraction(0)
        for panel in self.heard():
            members = self.of_panel(a, panel, both)
            won = sum((judge in for_a) - (judge in for_b) for judge in members)
            balance += Fraction(panel.weight * won, len(members) or 1)
        return balance > 0

    def revoted(self, group: list[ProjectId]) -> dict[ProjectId, Fraction] | None:
        """The newest re-vote on just this group that was held, by the judges who scored all of it and may."""
        votes = self.home[group[0]]
        for revote in reversed(votes.revotes):
            if sorted(revote.projects) != sorted(group):
                continue
            means: dict[ProjectId, dict[PersonId, Fraction]] = {p: {} for p in group}
            heard = 0
            for judge in self.after[votes.spec.projects[-1]]:
                if self.rules.ballots == "pairs":
                    sent = [a.ballot for a in revote.ballots if a.ballot.judge == judge]
                    shares = self.compared_again(group, judge, sent)
                    if shares and not any(self.states[p, judge] in ("recused", "void", "shadow") for p in group):
                        heard += 1
                        for p in group:
                            means[p][judge] = shares[p]
                    continue
                if self.rules.ballots == "orders":
                    places = self.ordered_again(group, [a.ballot for a in revote.ballots if a.ballot.judge == judge])
                    if places and not any(self.states[p, judge] in ("recused", "void", "shadow") for p in group):
                        heard += 1
                        for p in group:
                            means[p][judge] = self.share(p, places)
                    continue
                cards = {
                    a.ballot.project: (self.in_points(a.ballot.scores), self.off(a.ballot.scores))
                    for a in revote.ballots
                    if a.ballot.judge == judge and a.ballot.scores
                }
                barred = any(self.states[p, judge] in ("recused", "void", "shadow") for p in group)
                if barred or not all(p in cards for p in group):
                    continue
                heard += 1
                for p in group:
                    card, off = cards[p]
                    total = sum((self.points(c) * card[c.id] for c in self.spec.criteria), Fraction(0))
                    means[p][judge] = self.lessened(total, off)
            if heard >= max(1, self.rules.revote_quorum):
                return {p: self.average(p, totals) for p, totals in means.items()}
        return None

    def ordered_again(self, group: list[ProjectId], sent: list[Ballot]) -> dict[ProjectId, int]:
        """Whatever a judge sent in a re-vote: the places of the group, or none."""
        said: dict[ProjectId, int] = {}
        for ballot in sent:
            if all(p in ballot.places for p in group):
                said = {p: place for p, place in ballot.places.items() if p in group}
            elif ballot.abstained or ballot.recused:
                said = {}
        return said

    def chaired(self, group: list[ProjectId]) -> tuple[ProjectId, ...] | None:
        orders = [order for order in self.home[group[0]].settled if sorted(order) == sorted(group)]
        return orders[-1] if orders else None

    def polled(self, award: str | None, group: Sequence[str]) -> Question | None:
        """What the jury was asked last about an award, or about just these, with votes enough."""
        found: Question | None = None
        for field in self.fields:
            for question in field.questions:
                same = question.award == award if award else not question.award and set(question.projects) == set(group)
                enough = len({vote.judge for vote in question.votes})
                if same and (enough >= self.rules.vote_quorum or enough == len(question.jury)):
                    found = question
        return found

    def missed(self, group: list[ProjectId]) -> bool:
        """The jury was asked about just these, and never with votes enough."""
        asked = [
            question
            for question in self.home[group[0]].questions
            if not question.award and set(question.projects) == set(group)
        ]
        return bool(asked) and self.polled(None, group) is None

    def parts(self, step: str, group: list[ProjectId]) -> list[list[ProjectId]] | None:
        """None: a vote is asked for that nobody has given."""

        def by(values: dict[ProjectId, Fraction]) -> list[list[ProjectId]]:
            return [[p for p in group if values[p] == value] for value in sorted(set(values.values()), reverse=True)]

        match step:
            case "net":
                return by({p: self.net(p) for p in group})
            case "heaviest-criterion":
                return by({p: self.heavy(p) for p in group})
            case "untrimmed-mean":
                return by({p: self.mean(p) for p in group})
            case "pairwise-majority":
                for size in range(1, len(group)):
                    for ahead in combinations(group, size):
                        rest = [p for p in group if p not in ahead]
                        if all(self.beats(a, b) for a in ahead for b in rest):
                            return [list(ahead), rest]
                return [group]
            case "re-vote":
                means = self.revoted(group)
                return None if means is None else by(means)
            case "jury":
                question = self.polled(None, group)
                if question is None:
                    return None
                votes = {p: Fraction(sum(vote.choice == p for vote in question.votes)) for p in group}
                if len(set(votes.values())) == 1 and question.casting is None:
                    return None
                if len(set(votes.values())) == 1 and question.casting is not None:
                    votes[question.casting.choice] += 1
                return by(votes)
            case _:
                order = self.chaired(group)
                return None if order is None else [[p] for p in order]

    def place(self, group: list[ProjectId], first: int, decided_by: str) -> None:
        if len(group) > 1:
            steps = list(self.steps())
            for number, step in enumerate(steps):
                divided = [group] if step == "shared" else self.parts(step, group)
                if divided is not None and len(divided) > 1:
                    for part in divided:
                        self.place(part, first, step)
                        first += len(part)
                    return
                asked = step == "re-vote" or (step == "jury" and self.missed(group))
                waived = asked and "chair" in steps[number:] and self.chaired(group) is not None
                if divided is None and not waived and first <= self.rules.places:
                    held = step == "jury" and self.polled(None, group) is not None
                    self.ties.append((tuple(group), "casting-vote" if held else step))
                    decided_by = step
                    break
                if step == "shared":
                    decided_by = "shared"
                    break
            else:
                decided_by = "shared"
        self.lines += [(p, first, shown(self.score(p)), decided_by, len(self.jury(p))) for p in group]

    def steps(self) -> Iterator[str]:
        for step in self.rules.tie_chain:
            if len(self.fields) == 1 or step not in ("re-vote", "jury", "chair"):
                yield step

    # Beside the places

    def prizes(self) -> list[tuple[str, list[str], int]]:
        """Seat by seat: a row of seats, each of a tier, and who sits down in it."""
        if len(self.fields) > 1:
            return []
        seats = [prize for prize in self.rules.prizes for _ in range(prize.count)]
        lines = [
            line for line in self.lines if line[1] is not None and Fraction(line[2]) * 100 >= self.rules.least_score
        ]
        won: list[tuple[str, str]] = []
        empty: list[str] = []
        for place in sorted({line[1] or 0 for line in lines}):
            level = [line for line in lines if line[1] == place]
            while seats and Fraction(level[0][2]) * 100 < seats[0].minimum:
                empty.append(seats.pop(0).id)
            if seats:
                tier = seats[0].id
                won += [(tier, line[0]) for line in level]
                seats = seats[len(level) :]
        empty += [seat.id for seat in seats]
        return [
            (prize.id, [project for tier, project in won if tier == prize.id], empty.count(prize.id))
            for prize in self.rules.prizes
        ]

    def podium(self) -> list[tuple[int, set[str]]]:
        """Places to announce, and who has them: nobody, if the points are too few."""
        told: dict[int, set[str]] = {}
        for project, place, score, _, _ in self.lines:
            if place is not None and place <= self.rules.places:
                who = told.setdefault(place, set())
                if Fraction(score) * 100 >= self.rules.least_score:
                    who.add(project)
        return sorted(told.items())

    def awards(self) -> list[tuple[str, set[str], str]]:
        awards: list[tuple[str, set[str], str]] = []
        for award in self.rules.awards:
            having = {p for _, won, _ in awards for p in won} | {p for _, won, _ in self.prizes() for p in won}
            free = [p for p in self.home if p not in self.out and not (self.rules.one_award and p in having)]
            if award.by == "audience":
                best = max((self.votes(p) for p in free), default=0)
                won = {str(p) for p in free if self.votes(p) == best > 0}
                awards.append((award.id, won, str(best) if won else ""))
                continue
            if award.by == "jury":
                awards.append((award.id, *self.elected(award.id, free)))
                continue
            criterion = next(c for c in self.spec.criteria if c.id == award.criterion)
            means = {p: self.on_criterion(p, criterion) for p in self.complete if p in free}
            if self.rules.rank_on == "rounded":
                means = {p: rounded(mean, 2) for p, mean in means.items()}
            top = max(means.values(), default=Fraction(0))
            won = {str(p) for p, mean in means.items() if mean == top}
            awards.append((award.id, won, shown(top) if won else ""))
        return awards

    def elected(self, award: str, free: list[ProjectId]) -> tuple[set[str], str]:
        """As if those who are passed over had never been among the choices."""
        question = self.polled(award, ())
        if question is None or len(self.fields) > 1:
            return set(), ""
        ballots = [vote.choice for vote in question.votes]
        tally = {p: ballots.count(p) for p in (*question.projects, ProjectId("")) if p in free or not p}
        best = {p for p, votes in tally.items() if votes == max(tally.values())}
        if question.casting is not None and question.casting.choice in best:
            best = {question.casting.choice}
        if "" in best:
            return set(), ""
        return {str(p) for p in best}, str(max(tally.values()))

    # After the podium

    def disqualify(self, out: set[ProjectId]) -> None:
        """Without another look at any ballot."""
        self.out = out
        places = moved_up({line[0]: line[1] for line in self.lines}, out)
        self.lines = [
            (p, None, "", "disqualified", ballots) if p in out else (p, places[p], score, decided_by, ballots)
            for p, _, score, decided_by, ballots in self.lines
        ]

    # What hangs on ballots that are not there

    def absent(self) -> dict[ProjectId, set[PersonId]]:
        missing: dict[ProjectId, set[PersonId]] = {}
        for (project, judge), state in self.states.items():
            if state == "absent" and self.jury(project):
                missing.setdefault(project, set()).add(judge)
        return missing

    def short(self) -> tuple[set[ProjectId], int]:
        """Projects with too few ballots for the declared estimator; and how many are enough."""
        trim = self.rules.trim or Trim()
        needed = max(trim.n_min, 2 * trim.k + 1)
        if self.rules.estimator != "trimmed-mean":
            return set(), 0
        return {p for p in self.complete if self.fewest(p) < needed}, needed

    def first_if_declared(self) -> set[ProjectId]:
        """Who would be first if ``n_min`` were no more than what trimming leaves something of."""
        short, _ = self.short()
        k = (self.rules.trim or Trim()).k
        if not short or any(self.fewest(p) < 2 * k + 1 for p in short):
            return set()
        trim = Trim(k, 1, (self.rules.trim or Trim()).scope)
        spec = structs.replace(self.spec, rules=structs.replace(self.rules, trim=trim))
        fields = [replace(votes, spec=structs.replace(votes.spec, rules=spec.rules)) for votes in self.fields]
        return {project for project, place, *_ in Reference(fields).lines if place == 1}

    @property
    def provisional(self) -> bool:
        return self.rules.estimator != "mean" and bool(self.absent())


def moved_up(places: dict[ProjectId, int | None], out: set[ProjectId]) -> dict[ProjectId, int | None]:
    """After the podium: the place of each is how many better ones are there, and one."""
    there = {project: place for project, place in places.items() if project not in out and place is not None}
    return {
        project: 1 + len([1 for other in there.values() if other < there[project]]) if project in there else None
        for project in places
    }
