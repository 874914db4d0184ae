"""The run directory: append, read, tear, corrupt, fill up, lock, resume."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.errors import CorruptRecord, RunDirectoryError, StorageFull
from errata.index import RecordIndex
from errata.lines import FileMemo, drop_torn_line
from errata.records import Checkpoint, Message
from errata.store import Manifest, StageDone, Store

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


def _messages(texts: list[str]) -> list[Message]:
    return [Message(role="user", content=text) for text in texts]


def _written(store: Store, name: str, texts: list[str], *, fresh: bool = False) -> None:
    with store.append(name, fresh=fresh) as out:
        for message in _messages(texts):
            out.write(message)


def _manifest(**changes: object) -> Manifest:
    fields = {"name": "n", "recipe": "r", "seed": 0, "versions": {}} | changes
    return Manifest.model_validate(fields)


def test_what_is_appended_is_read_in_order(tmp_path):
    store = Store(tmp_path)
    _written(store, "a/b.jsonl", ["one", "two"])
    _written(store, "a/b.jsonl", ["three"])
    assert [m.content for m in store.read("a/b.jsonl", Message)] == ["one", "two", "three"]
    _written(store, "a/b.jsonl", ["anew"], fresh=True)
    assert [m.content for m in store.read("a/b.jsonl", Message)] == ["anew"]


def test_a_file_that_is_not_there_has_no_records(tmp_path):
    assert list(Store(tmp_path).read("nothing.jsonl", Message)) == []


@given(st.lists(TEXTS, max_size=5))
@settings(max_examples=30, deadline=None)
def test_any_text_survives(tmp_path_factory, texts):
    store = Store(tmp_path_factory.mktemp("texts"))
    _written(store, "m.jsonl", texts)
    assert list(store.read("m.jsonl", Message)) == _messages(texts)
    index = RecordIndex(store.file("m.jsonl"), Message, "content")
    assert [index[text].content for text in texts] == texts


def test_a_line_torn_anywhere_is_passed_over_and_written_anew(tmp_path):
    store = Store(tmp_path)
    _written(store, "m.jsonl", ["first", "zweite £ Zeile"])
    whole = store.file("m.jsonl").read_bytes()
    start = whole.index(b"\n") + 1
    for cut in range(start, len(whole)):
        store.file("m.jsonl").write_bytes(whole[:cut])
        assert [m.content for m in store.read("m.jsonl", Message)] == ["first"], cut
        assert set(RecordIndex(store.file("m.jsonl"), Message, "content")) == {"first"}
        _written(store, "m.jsonl", ["zweite £ Zeile"])
        assert store.file("m.jsonl").read_bytes() == whole, cut


@given(st.binary(max_size=300), st.integers(0, 200_000))
@settings(max_examples=40, deadline=None)
def test_dropping_cuts_after_the_last_newline(tmp_path_factory, content, padding):
    path = tmp_path_factory.mktemp("torn") / "f"
    path.write_bytes(content + b"x" * padding)
    drop_torn_line(path)
    whole = content + b"x" * padding
    assert path.read_bytes() == whole[: whole.rfind(b"\n") + 1]


@pytest.mark.parametrize("bad", [b"{", b'{"role":"user"}', b"\xff\xfe", b"", b"[]", b"null"])
def test_a_corrupt_line_is_named(tmp_path, bad):
    store = Store(tmp_path)
    good = _messages(["x"])[0].model_dump_json().encode()
    store.file("m.jsonl").write_bytes(good + b"\n" + bad + b"\n" + good + b"\n")
    with pytest.raises(CorruptRecord, match=r"m\.jsonl, line 2: .*resume") as caught:
        list(store.read("m.jsonl", Message))
    assert caught.value.exit_code == 1
    with pytest.raises(CorruptRecord, match="line 2"):
        RecordIndex(store.file("m.jsonl"), Message, "content")


def test_an_unknown_field_is_corrupt(tmp_path):
    store = Store(tmp_path)
    store.file("m.jsonl").write_text('{"role":"user","content":"x","new":1}\n')
    with pytest.raises(CorruptRecord, match="new"):
        list(store.read("m.jsonl", Message))


def test_figures_that_are_no_numbers_come_back(tmp_path):
    store = Store(tmp_path)
    with store.append("c.jsonl") as out:
        out.write(Checkpoint(id="c", metrics={"loss": float("nan"), "worst": float("inf")}))
    assert "NaN" in json.loads(store.file("c.jsonl").read_text())["metrics"].values()
    read = next(store.read("c.jsonl", Checkpoint))
    assert read.metrics["loss"] != read.metrics["loss"]
    assert read.metrics["worst"] == float("inf")


def test_a_whole_file_is_replaced_at_once(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.write("f.txt", "old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StorageFull, match=r"f\.txt.*free some space"):
            store.write("f.txt", "new")
    assert store.file("f.txt").read_text() == "old"
    store.write("f.txt", "new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full not found: not Linux")
@pytest.mark.parametrize("fresh", [True, False])
def test_a_full_disk_is_said_and_resumable(tmp_path, fresh):
    store = Store(tmp_path)
    store.file("m.jsonl").symlink_to("/dev/full")
    with pytest.raises(StorageFull, match=r"m\.jsonl.*errata resume"):
        _written(store, "m.jsonl", ["x"] * 10_000, fresh=fresh)
    assert list(store.read("m.jsonl", Message)) == []
    store.file("m.jsonl").unlink()
    _written(store, "m.jsonl", ["x"], fresh=fresh)
    assert len(list(store.read("m.jsonl", Message))) == 1


def test_digests_follow_names_and_contents(tmp_path):
    store = Store(tmp_path)
    store.write("a.txt", "1")
    store.write("folder/b.txt", "1")
    file, folder = store.digest("a.txt"), store.digest("folder")
    assert file == store.digest("a.txt")
    store.write("a.txt", "2")
    assert store.digest("a.txt") != file
    store.file("folder/b.txt").rename(store.file("folder/c.txt"))
    assert store.digest("folder") != folder
    before = store.digest("folder")
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    assert Store(moved).digest("folder") == before


def test_a_folder_is_put_in_place_whole(tmp_path):
    store = Store(tmp_path)
    store.write("round-1/checkpoint/old.bin", "old")
    store.write("round-1/checkpoint.tmp/new.bin", "new")
    store.replace_folder(store.file("round-1/checkpoint.tmp"), "round-1/checkpoint")
    assert [p.name for p in store.file("round-1/checkpoint").iterdir()] == ["new.bin"]
    assert not store.file("round-1/checkpoint.tmp").exists()


def test_what_no_stage_owns_is_discarded(tmp_path):
    store = Store(tmp_path)
    for name in (
        "problems.jsonl",
        "base/attempts/dev.jsonl",
        "base/attempts/train.jsonl",
        "round-1/checkpoint/a/b.bin",
        "round-1/checkpoint.tmp/b.bin",
        "round-2/deep/er/x.jsonl",
    ):
        store.write(name, "x")
    store.file("round-1/dangling").symlink_to("nowhere")
    store.file("round-1/folder").symlink_to(tmp_path / "base")
    store.discard_unowned(["base/attempts/dev.jsonl", "round-1/checkpoint"])
    left = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert left == ["base/attempts/dev.jsonl", "problems.jsonl", "round-1/checkpoint/a/b.bin"]
    assert not store.file("round-2").exists() or not any(store.file("round-2").iterdir())


def test_another_process_cannot_have_the_run(tmp_path):
    store = Store(tmp_path / "run")
    program = (
        "import sys; from pathlib import Path; from errata.store import Store\n"
        f"with Store(Path({str(tmp_path / 'run')!r})).locked():\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(RunDirectoryError, match="in use by another errata process"), store.locked():
        pytest.fail("the lock was given twice")
    other.kill()
    other.communicate()
    with store.locked():
        assert not store.exists()


def test_a_folder_with_other_things_is_refused_without_a_trace(tmp_path):
    (tmp_path / "recipe.yaml").write_text("the user's own")
    with pytest.raises(RunDirectoryError, match="not a run"), Store(tmp_path).locked():
        pytest.fail("a foreign folder was locked")
    assert [p.name for p in tmp_path.iterdir()] == ["recipe.yaml"]
    assert (tmp_path / "recipe.yaml").read_text() == "the user's own"


def test_a_start_that_crashed_before_its_manifest_can_begin_again(tmp_path):
    store = Store(tmp_path / "run")
    with store.locked():
        store.write("recipe.yaml", "x")  # and then kill -9
    with store.locked():
        store.create(_manifest(), "y")
    assert store.exists()
    assert store.file("recipe.yaml").read_text() == "y"


@pytest.mark.parametrize("where", ["file", "file/below"])
def test_a_file_cannot_be_a_run_directory(tmp_path, where):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RunDirectoryError, match="cannot be a run directory"),
        Store(tmp_path / where).locked(),
    ):
        pytest.fail("a file was locked")


def test_a_run_without_a_finished_stage_can_be_taken_away(tmp_path):
    store = Store(tmp_path / "run")
    with store.locked():
        store.create(_manifest(), "y")
        store.write("problems.jsonl", "")
        store.abandon()
    assert list(tmp_path.iterdir()) == []


def test_manifests(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(RunDirectoryError, match=r"no run\.json"):
        store.manifest()
    done = StageDone(round="base", stage="measure", seconds=1.5, outputs={"a": "b"})
    store.save(_manifest(stages=(done,)))
    assert store.manifest().stages == (done,)
    store.write("run.json", "{")
    with pytest.raises(CorruptRecord, match=r"run\.json"):
        store.manifest()
    store.write("run.json", '{"format": 99, "something": "newer"}')
    with pytest.raises(RunDirectoryError, match="format 99, this errata reads 1"):
        store.manifest()


def test_a_memo_remembers_across_processes_and_tears(tmp_path):
    path = tmp_path / "round-1" / "scores.jsonl"
    memo = FileMemo(path)
    assert memo.get("a") is None
    memo.put("a", 1.5)
    memo.put("b", {"x": ["é\n\u2028", None]})
    memo.put("a", 2.5)
    whole = path.read_bytes()
    again = FileMemo(path)
    assert (again.get("a"), again.get("b")) == (2.5, {"x": ["é\n\u2028", None]})
    second = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    for cut in range(second, len(whole)):
        path.write_bytes(whole[:cut])
        torn = FileMemo(path)
        assert torn.get("a") == 1.5, cut
        torn.put("a", 2.5)
        assert path.read_bytes() == whole


@pytest.mark.parametrize("bad", ["5", "[1]", "{", '[["list"], 1]', '["a", 1, 2]'])
def test_a_corrupt_memo_is_named(tmp_path, bad):
    path = tmp_path / "scores.jsonl"
    path.write_text(f'["k", 1]\n{bad}\n')
    with pytest.raises(CorruptRecord, match=r"scores\.jsonl, line 2"):
        FileMemo(path)
