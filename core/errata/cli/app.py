"""``errata``: the commands. Everything else is imported when a command runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="errata",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Find what a language model gets wrong, name the kinds of error, write training data"
    " against each, keep what helps, train, measure, and go round again.",
)

RecipeArgument = Annotated[
    str, typer.Argument(metavar="RECIPE", help="a name from `errata recipes`, or a YAML file")
]
DirArgument = Annotated[Path, typer.Argument(metavar="DIR", help="a run directory")]
SetOption = Annotated[
    list[str], typer.Option("--set", metavar="A.B=C", help="change a value of the recipe")
]
UntilOption = Annotated[
    str, typer.Option("--until", metavar="STAGE", help="stop after this stage; `resume` goes on")
]


@app.command()
def run(
    recipe: RecipeArgument,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="default: runs/NAME")
    ] = None,
    changes: SetOption = [],  # noqa: B006 typer copies it
    until: UntilOption = "",
) -> None:
    """Run a recipe; a run that is there already goes on."""
    from errata.cli.running import run_recipe

    run_recipe(recipe, into, changes, until or None)


@app.command()
def resume(directory: DirArgument, until: UntilOption = "") -> None:
    """Go on with a run that was stopped, crashed, or edited."""
    from errata.cli.running import resume_run

    resume_run(directory, until or None)


@app.command()
def show(
    directory: DirArgument,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="go on looking until the run is finished")
    ] = False,
) -> None:
    """Print what a run has come to, finished or not."""
    from errata.cli.showing import show_run
    from errata.cli.watching import follow_run

    if follow:
        follow_run(directory, as_json=as_json)
    else:
        show_run(directory, as_json=as_json)


@app.command()
def report(
    directory: DirArgument,
    controls: Annotated[
        list[Path],
        typer.Option("--control", metavar="DIR", help="a run to put beside it; may be repeated"),
    ] = [],  # noqa: B006 typer copies it
) -> None:
    """Write DIR/report.html, one file that works offline."""
    from errata.cli.showing import write_report

    write_report(directory, controls)


@app.command()
def serve(
    directory: DirArgument,
    port: Annotated[int, typer.Option("--port", metavar="N", help="0 takes a free one")] = 8470,
) -> None:
    """Serve the report on this machine, refreshing as the run goes on; ctrl-C stops."""
    from errata.cli.watching import serve_run

    serve_run(directory, port)


@app.command()
def compare(
    directories: Annotated[list[Path], typer.Argument(metavar="DIR...", help="run directories")],
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="write a web page too")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Put runs beside each other, paired with the first on the problems that they share."""
    from errata.cli.comparing import compare_runs

    compare_runs(directories, page, as_json=as_json)


@app.command()
def check(recipe: RecipeArgument, changes: SetOption = []) -> None:  # noqa: B006 typer copies it
    """Check a recipe: every mistake at once, nothing downloaded."""
    from errata.cli.running import check_recipe

    check_recipe(recipe, changes)


@app.command("explain-miss")
def explain_miss(
    directory: DirArgument,
    item: Annotated[
        str, typer.Argument(metavar="ID", help="of an attempt, an error type, or a candidate")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Say why an item was asked about again: what changed between the requests."""
    from errata.cli.explaining import explain_miss

    explain_miss(directory, item, as_json=as_json)


@app.command()
def trace(
    directory: DirArgument,
    item: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="of a training example, candidate, error type, attempt or problem"
        ),
    ],
    everything: Annotated[bool, typer.Option("--all", help="shorten no list")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for programs; everything")] = False,
) -> None:
    """Say what a training example was made from and for how much, or what became of an error type."""
    from errata.cli.tracing import trace_item

    trace_item(directory, item, everything=everything, as_json=as_json)


@app.command()
def estimate(
    recipe: RecipeArgument,
    changes: SetOption = [],  # noqa: B006 typer copies it
    cases: Annotated[
        int, typer.Option("--cases", metavar="N", help="train problems to try, at random")
    ] = 40,
    candidates: Annotated[
        int, typer.Option("--candidates", metavar="N", help="accepted candidates to end at")
    ] = 64,
    max_usd: Annotated[
        float | None, typer.Option("--max-usd", metavar="X", help="what the pilot may cost")
    ] = None,
    max_requests: Annotated[
        int | None, typer.Option("--max-requests", metavar="N", help="what the pilot may ask")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="default: runs/NAME.pilot")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Say what a run will cost its instructor, from a small real pilot (it costs money too)."""
    from errata.cli.estimating import estimate_recipe
    from errata.estimating.measured import Size

    size = Size(cases, candidates, max_usd, max_requests)
    estimate_recipe(recipe, changes, into, size, as_json=as_json)


@app.command()
def export(
    directory: DirArgument,
    to: Annotated[
        str,
        typer.Option(
            "--format", metavar="NAME", help="trl, sharegpt, alpaca, llama-factory, parquet"
        ),
    ],
    number: Annotated[
        int | None, typer.Option("--round", metavar="N", help="default: all but rejected ones")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="rejected rounds too")] = False,
    what: Annotated[
        str, typer.Option("--what", metavar="WHAT", help="candidates: kept, or accepted")
    ] = "kept",
    into: Annotated[
        Path | None, typer.Option("--into", metavar="FOLDER", help="default: DIR/export/NAME")
    ] = None,
) -> None:
    """Write the training data of a run for other tools."""
    from errata.cli.exporting import export_run

    export_run(directory, to, number, into, what, everything=everything)


@app.command("eval")
def evaluate(  # noqa: PLR0913, PLR0917 an option each
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="a folder, a hub name, or a run directory")
    ],
    sets: Annotated[
        list[str],
        typer.Option(
            "--sets", metavar="A,B=PATH", help="sets by name, or with a path of their own"
        ),
    ],
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="NAME", help="default: math, or the run's")
    ] = None,
    split: Annotated[str, typer.Option("--split", metavar="NAME")] = "test",
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", help="the first N problems of each set")
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", metavar="K", help="answers drawn for maj@k and pass@k")
    ] = 0,
    temperature: Annotated[
        float, typer.Option("--temperature", metavar="T", help="of the samples")
    ] = 0.7,
    seed: Annotated[int, typer.Option("--seed", metavar="N")] = 0,
    checkpoint: Annotated[
        str | None,
        typer.Option("--checkpoint", metavar="ROUND", help="of a run; default: the last one kept"),
    ] = None,
    changes: Annotated[
        list[str], typer.Option("--set", metavar="A=B", help="change a setting of the target")
    ] = [],  # noqa: B006 typer copies it
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="default: runs/eval-MODEL")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one object a set")] = False,
) -> None:
    """Measure a model on sets of a domain; an evaluation that is there already goes on."""
    from errata.cli.evaluating import evaluate_sets
    from errata.evaluating.request import Drawing, prepare, sets_of

    drawing = Drawing(samples, temperature, seed)
    found = prepare(model, domain, sets_of(sets, split, limit), drawing, checkpoint, changes)
    evaluate_sets(found, into, as_json=as_json)


@app.command()
def ablate(
    recipe: RecipeArgument,
    arms: Annotated[
        list[str],
        typer.Option("--arms", metavar="FILE|NAME=CHANGES", help="arms, as `more=select.keep=0.9`"),
    ] = [],  # noqa: B006 typer copies it
    seeds: Annotated[
        str, typer.Option("--seeds", metavar="0,1,2", help="default: those of the file of arms")
    ] = "",
    reference: Annotated[
        str, typer.Option("--reference", metavar="NAME", help="arm to compare with; the first")
    ] = "",
    changes: SetOption = [],  # noqa: B006 typer copies it
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="default: runs/NAME.ablation")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", help="runs at once")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Compare arms of a recipe over seeds; what is done already is not done again."""
    from errata.cli.ablating import Asked, ablate_recipe

    ablate_recipe(recipe, Asked(arms, seeds, reference, changes, into, jobs, as_json))


@app.command()
def handover(
    directory: DirArgument,
    tool: Annotated[str, typer.Option("--for", metavar="TRAINER", help="trl or llama-factory")],
    number: Annotated[
        int | None, typer.Option("--round", metavar="N", help="default: the last selected")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="FOLDER", help="default: DIR/handover/…")
    ] = None,
) -> None:
    """Write a round's data and a configuration for another trainer; `adopt` brings it back."""
    from errata.cli.elsewhere import handover_round

    handover_round(directory, number, tool, into)


@app.command()
def adopt(
    directory: DirArgument,
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="an adapter's or a model's folder")
    ],
    number: Annotated[
        int | None, typer.Option("--round", metavar="N", help="default: the last that waits")
    ] = None,
) -> None:
    """Take a checkpoint trained elsewhere as a round's own; `resume` measures it."""
    from errata.cli.elsewhere import adopt_checkpoint

    adopt_checkpoint(directory, checkpoint, number)


@app.command()
def grade(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSONL, CSV or Parquet: id, prediction, gold, kind"),
    ],
    domain: Annotated[str, typer.Option("--domain", metavar="NAME")] = "math",
    as_json: Annotated[
        bool, typer.Option("--json", help="one object a row, then the counts")
    ] = False,
) -> None:
    """Check the answers in a file against their references."""
    from errata.cli.grading import grade_file

    grade_file(file, domain, as_json=as_json)


@app.command()
def group(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="JSONL: id, keyphrase, label (if known)")
    ],
    use: Annotated[str, typer.Option("--use", metavar="NAME", help="grouper")] = "embedding",
    seed: Annotated[int, typer.Option("--seed", metavar="N")] = 0,
    changes: Annotated[
        list[str], typer.Option("--set", metavar="A=B", help="change a setting of the grouper")
    ] = [],  # noqa: B006 typer copies it
    as_json: Annotated[
        bool, typer.Option("--json", help="one object a row, then the totals")
    ] = False,
) -> None:
    """Group the keyphrases in a file into error types."""
    from errata.cli.grouping import group_file

    group_file(file, use, seed, changes, as_json=as_json)


@app.command()
def plugins(
    where: Annotated[str, typer.Option("--where", metavar="NAME", help="file and line")] = "",
) -> None:
    """List plugins, the parts they offer, and those that did not load."""
    from errata.cli.showing import list_plugins

    list_plugins(where)


@app.command()
def recipes() -> None:
    """List the recipes that installed plugins ship."""
    from errata.cli.showing import list_recipes

    list_recipes()


@app.command("new-domain")
def new_domain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="what recipes will call it")],
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="where the package's folder is made")
    ] = Path(),
) -> None:
    """Make a package for a new domain, which passes its tests as it is made."""
    from errata.cli.making import make_domain

    make_domain(name, into)


def main() -> None:
    """Entry point: user errors end with exit code 2, others with 1, an interruption with 130."""
    from errata.errors import ErrataError

    try:
        app()
    except ErrataError as error:
        print(f"errata: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:  # a file or folder that cannot be read or written
        print(f"errata: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
