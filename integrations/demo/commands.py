"""The demo's commands: people the world, play the story."""

import click
from flask.cli import with_appcontext

from integrations.demo import cast


@click.command("demo-world")
@with_appcontext
def demo_world_command() -> None:
    """People the demo world; doing it again changes nothing."""
    stage = cast.assemble(cast.home_folder())
    click.echo(f"The demo world has {len(stage)} people in {len(cast.FIRMS) + 1} firms.")
