"""Suites for the parts that are, ask or train a model: targets, instructors, embedders, trainers."""

from __future__ import annotations

import asyncio
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from errata.calls.wire import CallFailed, Rejected, Reply, Throttled, Unanswered
from errata.parts import Materialises, Samples, Scores
from errata.records import Message, TargetPrompt, TrainingExample
from errata.seeds import stream
from errata.stages.train import example
from errata.testing.advice import fail, leave_out, quoted
from errata.testing.part_suite import PartSuite

_CAPABILITIES = {"score": Scores, "sample": Samples, "materialise": Materialises}


class TargetSuite(PartSuite):
    """Generations in order, the same every time, and the capabilities that the offer promises."""

    kind = "target"

    def prompts(self) -> Sequence[TargetPrompt]:
        """What it is asked: a batch."""
        return [self.services().domain.target_prompt(problem) for problem in self.problems()][:4]

    def ready(self) -> Any:
        """The target with its untouched weights."""
        target = self.make()
        target.use(None)
        return target

    def test_it_says_what_it_is(self) -> None:
        """A name, a batch size, and the methods of what it provides."""
        target = self.ready()
        if not target.name or target.batch_size < 1:
            fail(
                expected="a `name` that identifies the weights, and a `batch_size` from 1",
                found=f"{quoted(target.name)}, {target.batch_size}",
                change="set both when the part is made",
            )
        for capability, protocol in _CAPABILITIES.items():
            if (capability in self.offer.provides) and not isinstance(target, protocol):
                fail(
                    expected=f"the capability {capability!r} that the offer provides",
                    found=f"{type(target).__name__} has no such method",
                    change="write the method, or take the capability out of Part.provides",
                )

    def test_generations_are_in_order_and_the_same(self) -> None:
        """One per prompt, the same for the same batch, none for none."""
        prompts = self.prompts()
        first, second = self.ready().generate(prompts), self.ready().generate(prompts)
        if len(first) != len(prompts) or list(first) != list(second):
            fail(
                expected=f"{len(prompts)} generations, the same for the same batch",
                found=f"{len(first)}, then {len(second)}; equal: {list(first) == list(second)}",
                change="decode greedily, and return one Generation per prompt in order",
            )
        if list(self.ready().generate([])):
            fail(
                expected="no generation for no prompt",
                found="some",
                change="return [] for an empty batch",
            )

    def test_scores_are_log_likelihoods(self) -> None:
        """Where it scores: one per prompt, at most zero, over at least one token."""
        if "score" not in self.offer.provides or not isinstance(self.ready(), Scores):
            leave_out("it does not score")
        prompts = self.prompts()
        words = [f"Answer: {n}" for n in range(len(prompts))]
        found = self.ready().score(prompts, words)
        off = [s for s in found if not (s.logprob <= 0 and s.tokens >= 1)]
        if (
            off
            or len(found) != len(prompts)
            or list(found) != list(self.ready().score(prompts, words))
        ):
            fail(
                expected="log-likelihoods of at most 0 over at least 1 token, every time alike",
                found=quoted(list(found)),
                change="sum the natural-log probabilities of the continuation's own tokens",
            )

    def test_samples_come_from_their_streams(self) -> None:
        """Where it samples: the same streams, the same answers."""
        if "sample" not in self.offer.provides or not isinstance(self.ready(), Samples):
            leave_out("it does not sample")
        prompts = self.prompts()
        drawn = [
            list(
                self.ready().sample(prompts, 0.8, [stream(0, "s", n) for n in range(len(prompts))])
            )
            for _ in range(2)
        ]
        if drawn[0] != drawn[1] or len(drawn[0]) != len(prompts):
            fail(
                expected="one answer per prompt, drawn from its own stream alone",
                found="other answers for the same streams",
                change="draw with `random[i]` for prompt i, and with nothing else",
            )


class InstructorSuite(PartSuite):
    """Requests that say what determines a reply, replies, and clean ends. Override ``settings``."""

    kind = "instructor"

    def messages(self) -> tuple[Message, ...]:
        """What it is asked."""
        return (Message(role="user", content="Say a word."),)

    def test_requests_say_what_determines_the_reply(self) -> None:
        """Equal askings have equal keys; others have others; the worst case is bounded."""
        part, asked = self.make(), self.messages()
        plain = part.request(asked, None, {}, 0)
        same = part.request(asked, None, {}, 0).canonical() == plain.canonical()
        others = {
            "another replica": part.request(asked, None, {}, 1),
            "another temperature": part.request(asked, None, {"temperature": 0.37}, 0),
            "other words": part.request((Message(role="user", content="?"),), None, {}, 0),
        }
        alike = [what for what, r in others.items() if r.canonical() == plain.canonical()]
        if not same or alike or plain.max_tokens < 1:
            fail(
                expected="equal keys for equal askings, and others for what changes the reply",
                found=f"equal: {same}; the key does not change with {alike}",
                change="make requests with errata.calls.settings.InstructorSettings.request",
            )

    def test_it_replies_and_can_be_closed_and_asked_again(self) -> None:
        """A reply, or one of the ways in which a call may fail; then another, on another loop."""
        part = self.make()

        async def once() -> object:
            try:
                return await part.complete(part.request(self.messages(), None, {}, 0))
            except (Throttled, Unanswered, Rejected, CallFailed) as error:
                return error
            finally:
                await part.close()

        for _ in range(2):
            found = asyncio.run(once())
            if not isinstance(found, Reply):
                fail(
                    expected="a Reply",
                    found=quoted(found),
                    change="mend `settings` in the suite, so that somebody answers; open connections"
                    " anew after `close`, for another event loop",
                )


class EmbedderSuite(PartSuite):
    """Unit vectors, one per text, whatever stands beside it."""

    kind = "embedder"
    texts: Sequence[str] = ("slips in adding", "drops the unit", "", "∑ é 漢", "slips in adding")

    def test_vectors_are_of_length_one(self) -> None:
        """One per text, of one dimension."""
        found = [[float(x) for x in row] for row in self.make().embed(list(self.texts))]
        lengths = [math.sqrt(sum(x * x for x in row)) for row in found]
        if len(found) != len(self.texts) or len({len(row) for row in found}) != 1:
            fail(
                expected=f"{len(self.texts)} vectors of one dimension",
                found=f"{len(found)} of {sorted({len(row) for row in found})}",
                change="return one vector per text, in order",
            )
        if any(abs(length - 1) > 1e-3 for length in lengths):
            fail(
                expected="vectors of length 1",
                found=f"lengths {[round(length, 4) for length in lengths]}",
                change="divide each vector by its length",
            )

    def test_a_text_has_its_own_vector(self) -> None:
        """The same alone as in company, and unlike that of another text."""
        embedder = self.make()
        together = [list(map(float, row)) for row in embedder.embed(list(self.texts))]
        [alone] = [list(map(float, row)) for row in embedder.embed([self.texts[0]])]
        away = max(abs(x - y) for x, y in zip(alone, together[0], strict=True))
        if away > 1e-3 or together[0] == together[1]:
            fail(
                expected="a vector that depends on its text alone, and other ones for other texts",
                found=f"{away:.4f} apart alone and in a batch; equal to another text's:"
                f" {together[0] == together[1]}",
                change="mask padding, and keep the order of texts",
            )


class TrainerSuite(PartSuite):
    """A checkpoint in the folder it is given, figures, and a start that is left as it was."""

    kind = "trainer"

    def examples(self) -> Sequence[TrainingExample]:
        """What it trains on: an example of every kind of body."""
        return [example(candidate, self.services().domain) for candidate in self.candidates()]

    def trained(self, start: Path | None, into: Path) -> dict[str, float]:
        """The figures of one training."""
        into.mkdir()
        return dict(self.make().train(self.examples(), start, into))

    def test_a_checkpoint_is_written(self) -> None:
        """Files in the folder, finite figures; and training goes on from what was written."""
        with tempfile.TemporaryDirectory() as folder:
            first, second = Path(folder, "first"), Path(folder, "second")
            figures = self.trained(None, first)
            files = {p: p.read_bytes() for p in first.rglob("*") if p.is_file()}
            if not files or not all(math.isfinite(value) for value in figures.values()):
                fail(
                    expected="files in `into`, and finite figures",
                    found=f"{len(files)} files, {quoted(figures)}",
                    change="write the whole checkpoint into `into` before train returns",
                )
            self.trained(first, second)
            if {p: p.read_bytes() for p in first.rglob("*") if p.is_file()} != files:
                fail(
                    expected="`start` is left as it was",
                    found="its files changed while training went on from it",
                    change="copy what is needed from `start`; write into `into` alone",
                )

    def test_training_is_the_same_every_time(self) -> None:
        """The same examples and start give the same figures."""
        with tempfile.TemporaryDirectory() as folder:
            first, second = (self.trained(None, Path(folder, name)) for name in ("one", "two"))
        timed = ("second", "time")
        first, second = (
            {key: v for key, v in figures.items() if not any(word in key for word in timed)}
            for figures in (first, second)
        )
        if first != second:
            fail(
                expected="the same figures of the same training (times apart)",
                found=f"{quoted(first)} and {quoted(second)}",
                change="seed every generator from services.random(name)",
            )
