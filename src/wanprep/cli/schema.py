"""`wanprep schema`: the published JSON Schemas, for editors and other programs."""

from __future__ import annotations

import click

from wanprep.cli.options import complete_schemas


@click.command(short_help="Print one of the published JSON Schemas.")
@click.argument("name", required=False, shell_complete=complete_schemas)
def schema(name: str | None) -> None:
    """Print the JSON Schema NAME (draft 2020-12); without NAME list all.

    \b
    Examples:
      wanprep schema
      wanprep schema facts > facts.schema.json
    """
    from wanprep.schemas import load_schema, schema_names, schema_text
    from wanprep.text import two_columns

    if name is not None:
        click.echo(_job_schema() if name == "job" else schema_text(name), nl=False)
        return
    click.echo(two_columns({each: load_schema(each)["description"] for each in schema_names()}))


def _job_schema() -> str:
    """Return the schema of jobs, with the keys of the roles that installed targets define."""
    import json

    from wanprep.job.roles import common_roles
    from wanprep.rules.target import all_targets
    from wanprep.schemas import schema_text

    roles = all_targets().roles
    if roles is common_roles():
        return schema_text("job")
    return json.dumps(roles.schema, indent=2, ensure_ascii=False) + "\n"
