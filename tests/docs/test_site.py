"""The site builds without a warning, every page on it, and its own links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going"]
    done = subprocess.run(
        [*command, str(DOCS), str(into)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return into


@pytest.mark.slow
def test_every_page_is_on_the_site_and_in_its_contents(site):
    pages = {p.relative_to(DOCS).with_suffix("") for p in DOCS.rglob("*.md")}
    built = {p.relative_to(site).with_suffix("") for p in site.rglob("*.html")}
    assert pages <= built
    contents = (site / "index.html").read_text(encoding="utf-8")
    missing = [page for page in pages if f'href="{page}.html"' not in contents]
    assert missing in ([], [Path("index")])


@pytest.mark.slow
def test_links_lead_to_pages_and_places(site):
    ids: dict[Path, set[str]] = {}
    for path in site.rglob("*.html"):
        ids[path] = set(re.findall(r'id="([^"]+)"', path.read_text(encoding="utf-8")))
    wrong = []
    for path in ids:
        for link in re.findall(r'<a [^>]*href="([^":]+)"', path.read_text(encoding="utf-8")):
            page, _, place = link.partition("#")
            target = (path.parent / page).resolve() if page else path
            if not target.exists() or (place and place not in ids.get(target, {place})):
                wrong.append(f"{path.relative_to(site)}: {link}")
    assert wrong == []
