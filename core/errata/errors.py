"""Every error a user of errata can meet.

ErrataError
├── UserError                 the user's to mend: exit code 2, nothing was written
│   ├── RecipeError           every mistake of a recipe at once
│   ├── ProblemsError         a source that is missing, empty, or has no answers
│   ├── PartError             a part, plugin or domain that does not exist, or is ambiguous
│   ├── MissingExtra          a part whose libraries are not installed
│   └── RunDirectoryError     a directory that is not this run
├── CorruptRecord             a record file that does not read: exit code 1
├── StorageFull               the disk refused a write: exit code 1, resumable
├── BudgetSpent               the next request might exceed a cap: exit code 1, resumable
├── InstructorError           no request to the instructor can succeed: exit code 1, resumable
├── AblationIncomplete        some runs of an ablation failed: exit code 1, resumable
├── ExtensionError            a plugin or domain raised: exit code 1, resumable
└── Interrupted               Ctrl-C: exit code 130, resumable

A message says what was asked, what was found, what exists, and what to do. ``docs/errors.md`` shows
each one. Extension code raises plain Python; ``boundary`` attributes it.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class ErrataError(Exception):
    """Base of all errors that errata raises on purpose."""

    exit_code = 1


class UserError(ErrataError):
    """Something the user asked for cannot be; nothing was written."""

    exit_code = 2


class RecipeError(UserError):
    """A recipe with mistakes: all of them, one a line."""

    def __init__(self, name: str, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        count = "one mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        lines = "\n".join(f"  - {mistake}" for mistake in mistakes)
        super().__init__(f"recipe {name}: {count}\n{lines}")


class ProblemsError(UserError):
    """A source of problems that is missing, empty, or has no answers."""


class PartError(UserError):
    """A part, plugin or domain that does not exist, is ambiguous, or did not load."""


class MissingExtra(UserError):
    """A part whose libraries are not installed."""


class RunDirectoryError(UserError):
    """A directory that is not a run, or is the run of another recipe or version."""


class CorruptRecord(ErrataError):
    """A line of a record file that is not a record of its kind."""


class StorageFull(ErrataError):
    """The file system refused a write."""


class BudgetSpent(ErrataError):
    """The next request might exceed a cap of the budget; everything received is kept.

    ``cap`` says which, and how far it is used up.
    """

    def __init__(self, cap: str, then: str = "raise it and go on: nothing is lost") -> None:
        self.cap = cap
        super().__init__(f"{cap}. Everything received is kept; {then}")


class InstructorError(ErrataError):
    """No request to the instructor can succeed: a wrong key, no such model, nobody there."""


class AblationIncomplete(ErrataError):
    """Some runs of an ablation came to nothing; the others are finished."""


class ExtensionError(ErrataError):
    """A plugin, a domain or a part raised; the cause is chained."""


class Interrupted(ErrataError):
    """The user stopped the run."""

    exit_code = 130


@contextmanager
def boundary(who: str, doing: str) -> Iterator[None]:
    """Attribute whatever extension code raises: ``who`` is the part or plugin, ``doing`` the stage.

    Errors of errata itself pass through; an operating system out of space becomes ``StorageFull``.
    """
    try:
        yield
    except ErrataError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(
                f"{who}, {doing}: {error}; everything finished so far is kept: free some space, then"
                " `errata resume` the run"
            ) from error
        raise ExtensionError(
            f"{who} failed while {doing}: {type(error).__name__}: {error}"
        ) from error
    except Exception as error:  # the one place where extension code is attributed
        raise ExtensionError(
            f"{who} failed while {doing}: {type(error).__name__}: {error}"
        ) from error
