"""What holds for a part of any kind: its offer, its settings, making it."""

from __future__ import annotations

from pydantic import ValidationError

from errata.testing.advice import fail, leave_out
from errata.testing.afresh import elsewhere, made, named
from errata.testing.part_bench import PartBench, unsound


class PartSuite(PartBench):
    """Tests of every kind of part: the offer, its settings, making it."""

    def test_it_is_offered(self) -> None:
        """The plugin offers a part of that kind and name, once."""
        offers = list(made(self.plugin, {}).errata_parts())  # type: ignore[attr-defined]  # a plugin's own
        found = [part for part in offers if (part.kind, part.name) == (self.kind, self.name)]
        if len(found) != 1:
            fail(
                expected=f"one {self.kind} {self.name!r} among the offers",
                found=", ".join(f"{part.kind} {part.name!r}" for part in offers) or "no offers",
                change="offer the part in errata_parts, or mend `kind` and `name` in the suite",
            )

    def test_its_plugin_imports_nothing_heavy(self) -> None:
        """Looking at offers and settings loads no heavy library."""
        name = named(self.plugin)
        if not name:
            leave_out("the plugin's class cannot be imported by its name, as an entry point would")
        found = elsewhere({"plugin": name, "options": {}, "heavy": []})
        if found.get("error") or found["heavy"]:
            fail(
                expected="an offer that is made in no time: every `errata` command makes it",
                found=str(found.get("error") or f"{name} imports {', '.join(found['heavy'])}"),
                change="import heavy libraries in `make` or in the part, not beside the settings",
            )

    def test_its_settings_are_sound(self) -> None:
        """Each has a description; unknown ones are refused; the suite's are accepted."""
        model = self.offer.settings
        mute = [name for name, field in model.model_fields.items() if not field.description]
        if mute:
            fail(
                expected="a description of every setting",
                found=f"none of {', '.join(mute)}",
                change="write Field(…, description=…): `errata check` and the docs show it",
            )
        try:
            settings = model.model_validate(dict(self.settings))
        except ValidationError as error:
            fail(
                expected="the suite's `settings` are accepted",
                found=str(error),
                change="set `settings` in the suite to what a recipe would say",
            )
        try:
            model.model_validate({**self.settings, "nobody_has_this": 1})
        except ValidationError:
            pass
        else:
            fail(
                expected="an unknown setting is refused",
                found=f"{model.__name__} takes `nobody_has_this`",
                change="derive the settings from errata.parts.Settings, and leave model_config alone",
            )
        if model.model_validate(settings.model_dump()) != settings:
            fail(
                expected="settings that come back from a recipe as they were",
                found=f"{settings} does not",
                change="make no setting that changes when it is written and read",
            )

    def test_it_can_be_made(self) -> None:
        """Made from its settings, it has the methods of its kind."""
        found = unsound(self.kind, self.unchecked())
        if found:
            fail(
                expected=f"a {self.kind} as errata.parts has it",
                found=found,
                change="write the methods as docs/writing-a-plugin.md shows for this kind; what asks"
                " nobody never awaits, and is `async` nevertheless",
            )
