"""The command ``params``."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(params)


def params(
    section: Annotated[
        str | None,
        typer.Argument(metavar="SECTION", help="Show the parameters of a section, e.g. flywheel.", show_default=False),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(metavar="WORD", help="Show the parameters with this word in their name or description."),
    ] = None,
    toml: Annotated[bool, typer.Option("--toml", help="Print a complete configuration with comments.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print a JSON schema, for editors.")] = False,
) -> None:
    """List the sections of parameters, or show parameters with their ranges and sources."""
    if search is not None and (section or toml or schema):
        raise UsageError("--search: looks in all sections; leave out SECTION, --toml and --schema")
    if schema and (toml or section):
        raise UsageError("--schema: describes the whole file; leave out " + ("--toml" if toml else f"'{section}'"))
    from experiments import config
    from experiments.declarations import nearest, sections
    from sim.parameters import Parameters

    if section is not None and section not in sections():
        meant = nearest((section,), tables=True)
        hint = f"did you mean {meant}?" if meant else f"sections are {', '.join(sections())}"
        raise UsageError(f"params: no such section: {section!r}; {hint}")
    if schema:
        import json

        typer.echo(json.dumps(config.schema(), indent=2, ensure_ascii=False))
    elif toml:
        typer.echo(config.to_toml(Parameters(), commented=True, only=section))
    else:
        from experiments.cli.reference import print_found, print_section, print_sections
        from experiments.messages.terminal import console

        if section is not None:
            print_section(console(), section)
        elif search is None:
            print_sections(console())
        elif not print_found(console(), search.strip()):
            raise UsageError(f"--search: no parameter has {search!r} in its name or description")
