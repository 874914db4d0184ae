"""The rows of the table for a peer, run by ``calls_peer_client.py`` in the peer's own environment.

A process is started for every run, so CPU is a slope between two processes, and wall times hold the
peer's start. What cannot be measured for a peer is said, never guessed.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from calls_ours import BUCKET
from calls_serving import log_of, prompts, serving, show, total

CLIENT = Path(__file__).parent / "calls_peer_client.py"
KEEPS = {"curator", "data-designer"}  # what is received; the others are bare clients
PATIENCE = 300


class Peer:
    """A peer by its name and the Python of its environment."""

    def __init__(self, name: str, python: str) -> None:
        self.name, self.python = name, python

    def run(
        self, url: str, folder: Path, asked: list[str], at_once: int = 64, variant: str = ""
    ) -> dict[str, float]:
        """One run over prompts, always from the same file; what it took."""
        folder.mkdir(parents=True, exist_ok=True)
        rows = folder / "rows.jsonl"
        rows.write_text("".join(json.dumps({"prompt": prompt}) + "\n" for prompt in asked))
        command = [self.python, str(CLIENT), self.name, url, str(rows), str(folder / "kept")]
        done = subprocess.run(
            [*command, str(at_once), variant],
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1][:120])
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found

    def cpu_per_request(self, folder: Path) -> None:
        """Slope between two processes."""
        with serving("--latency", "0.02") as url:
            slopes = []
            for turn in range(2):
                small = self.run(url, folder / f"small{turn}", list(prompts(200)))
                large = self.run(url, folder / f"large{turn}", list(prompts(1200)))
                slopes.append(large["cpu"] - small["cpu"])
        figure = ", ".join(f"{slope:.2f}" for slope in slopes) + f" ms ({large['mb']:.0f} MB)"
        show("client CPU per request (slope 200 → 1,200)", self.name, figure)

    def wall_time(self, folder: Path) -> None:
        """5,000 requests at 512."""
        with serving("--latency", "0.5") as url:
            found = self.run(url, folder, list(prompts(5000)), 512)
        figure = f"{found['wall']:.1f} s, start included"
        show("wall time, 5000 requests at 512, 500 ms", self.name, figure)

    def cached(self, folder: Path) -> None:
        """2,000 rows again."""
        self._again("fully cached re-run", folder, list(prompts(2000)), list(prompts(2000)))

    def added_rows(self, folder: Path) -> None:
        """Ten rows added to 500."""
        self._again("10 rows added to 500", folder, list(prompts(500)), list(prompts(510)))

    def changed_content(self, folder: Path) -> None:
        """Other content at the same path."""
        what = "content changed at the same path"
        self._again(what, folder, list(prompts(500)), list(prompts(500, 1000)))

    def changed_parsing(self, folder: Path) -> None:
        """The same rows, parsed otherwise."""
        what = "only parsing code changed, 500 rows"
        if self.name == "data-designer":
            show(what, self.name, "has no parsing code in this use")
            return
        self._again(what, folder, list(prompts(500)), list(prompts(500)), "reparsed")

    def token_bucket(self, folder: Path) -> None:
        """600 requests against 50 a second."""
        with serving(*BUCKET) as url:
            found = self.run(url, folder, list(prompts(600)), 200)
            refused = sum(log_of(url)["refused"].values())
        lost = 600 - int(found["rows"])
        figure = f"{found['wall']:.1f} s with start, {refused} refusals, {lost} lost"
        show("token bucket 50/s (ideal 11 s)", self.name, figure)

    def _again(
        self, what: str, folder: Path, first: list[str], second: list[str], variant: str = "again"
    ) -> None:
        if self.name not in KEEPS:
            show(what, self.name, "keeps nothing")
            return
        with serving() as url:
            self.run(url, folder, first)
            before = total(url)
            found = self.run(url, folder, second, variant=variant)
            sent = total(url) - before
        figure = f"{sent} requests"
        if what.startswith("fully"):
            figure = f"{found['rows'] / found['wall']:,.0f} rows/s with start, {figure}"
        if variant == "reparsed":
            figure += f", {found['rows']:.0f} rows read anew"
        show(what, self.name, figure)


ROWS = {
    "cpu": Peer.cpu_per_request,
    "wall": Peer.wall_time,
    "cached": Peer.cached,
    "added": Peer.added_rows,
    "changed": Peer.changed_content,
    "parsing": Peer.changed_parsing,
    "bucket": Peer.token_bucket,
}
