"""Time and memory of ``errata group`` from 3,000 to 304,865 keyphrases, a process for each size.

    python tests/bench/grouping_scale.py ROWS [THREADS]     one size: prints a JSON object

``grouping.py --scale`` runs the sizes and draws them; "embedded by" is the second by which the last
text was embedded (0 where there are too few for a report). The vector cache is empty at the start;
reading the file and writing the answer are counted in.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

SIZES = (3_000, 10_000, 30_000, 100_000, 304_865)
DISTINCT = 156_000


def one(count: int, threads: int) -> dict[str, float]:
    import torch
    from grouping_sets import many

    from errata.grouping import group_rows, make_grouper, placed, read_rows, totals
    from errata.plugins import Catalogue

    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keyphrases.jsonl"
        with path.open("w", encoding="utf-8") as out:
            for number, phrase in enumerate(many(count, DISTINCT, 0)):
                out.write(json.dumps({"id": str(number), "keyphrase": phrase}) + "\n")
        marks = [("start", time.perf_counter())]

        def progress(done: int, total: int) -> None:
            print(f"  {done} of {total} texts embedded", file=sys.stderr, flush=True)
            marks.append((f"embedded {done}", time.perf_counter()))

        begun, cpu = time.perf_counter(), time.process_time()
        rows = read_rows(path)
        grouper = make_grouper(Catalogue(), "embedding", (), 0, Path(folder), progress)
        grouping = group_rows(rows, grouper, "embedding")
        with (Path(folder) / "out.jsonl").open("w", encoding="utf-8") as out:
            for place in placed(grouping):
                out.write(place.model_dump_json() + "\n")
        found = totals(rows, grouping)
        seconds = time.perf_counter() - begun
    peak = peak_kib() / 2**20
    return {
        "rows": count,
        "distinct": distinct([row.keyphrase for row in rows]),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "embedding_until": round(marks[-1][1] - begun, 1),
        "peak_gib": round(peak, 2),
        "types": found.types,
        "unassigned": found.unassigned,
    }


def peak_kib() -> int:
    """The most memory of this process; ``ru_maxrss`` would be its parent's where that had more."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def distinct(phrases: Sequence[str]) -> int:
    from errata_cluster.folding import fold

    return len({fold(phrase) for phrase in phrases})


def measure(sizes: Sequence[int], threads: int) -> list[dict[str, float]]:
    """One process a size; a line is printed as soon as it is known."""
    print(f"\nScale ({threads} threads, cold cache, load before each run in brackets)")
    print("      rows  distinct   wall s    CPU s  embedded by  peak GiB  types  unassigned")
    found = []
    for size in sizes:
        load = os.getloadavg()[0]
        done = subprocess.run(
            [sys.executable, __file__, str(size), str(threads)],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        )
        row = json.loads(done.stdout.splitlines()[-1])
        found.append(row)
        print(
            f"{row['rows']:10,}{row['distinct']:10,}{row['seconds']:9.1f}{row['cpu_seconds']:9.1f}"
            f"{max(row['embedding_until'], 0):13.1f}{row['peak_gib']:10.2f}{row['types']:7}"
            f"{row['unassigned']:12,}  [{load:.1f}]",
            flush=True,
        )
    return found


def exponent(found: Sequence[dict[str, float]], key: str) -> float:
    """The slope of log(time) over log(rows), by least squares."""
    xs = [math.log(row["rows"]) for row in found]
    ys = [math.log(row[key]) for row in found]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    pairs = zip(xs, ys, strict=True)
    return sum((x - mx) * (y - my) for x, y in pairs) / sum((x - mx) ** 2 for x in xs)


def draw(found: Sequence[dict[str, float]], path: Path) -> None:
    """An SVG with both axes logarithmic: wall and CPU time, and n log n through the last wall time."""
    width, height, edge = 640, 420, 60
    first, last = found[0]["rows"], found[-1]["rows"]
    level = found[-1]["seconds"] / (last * math.log(last))
    ideal = [(row["rows"], level * row["rows"] * math.log(row["rows"])) for row in found]
    series = {
        "wall": ("#1b6ca8", [(row["rows"], row["seconds"]) for row in found]),
        "CPU": ("#c8553d", [(row["rows"], row["cpu_seconds"]) for row in found]),
        "n log n": ("#888888", ideal),
    }
    times = [t for _, points in series.values() for _, t in points]
    low, high = math.log(min(times) / 1.3), math.log(max(times) * 1.3)

    def place(rows: float, seconds: float) -> tuple[float, float]:
        x = edge + (width - 2 * edge) * math.log(rows / first) / math.log(last / first)
        return x, height - edge - (height - 2 * edge) * (math.log(seconds) - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">',
        "<style>text { font: 12px sans-serif }</style>",
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{edge}" y="30">errata group: seconds by number of keyphrases</text>',
    ]
    bottom = f'y="{height - 12}" text-anchor="middle"'
    parts.append(f'<text x="{width / 2:.0f}" {bottom}>keyphrases (logarithmic, seconds too)</text>')
    for row in found:
        x, _ = place(row["rows"], times[0])
        parts.append(
            f'<text x="{x:.0f}" y="{height - 35}" text-anchor="middle">{row["rows"]:,}</text>'
        )
    for number, (name, (color, points)) in enumerate(series.items()):
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{edge}" y="{60 + 16 * number}" fill="{color}">{name}</text>')
        for point in points if name != "n log n" else ():
            x, y = place(*point)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>')
            parts.append(
                f'<text x="{x:.1f}" y="{y + (18 if name == "wall" else -9):.1f}"'
                f' fill="{color}" text-anchor="middle">{point[1]:,.0f}</text>'
            )
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


if __name__ == "__main__":
    print(json.dumps(one(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2)))
