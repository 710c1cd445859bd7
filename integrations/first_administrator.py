"""`flask --app wsgi first-administrator`: the one-time link into an empty installation."""

import click
from flask import current_app
from flask.cli import with_appcontext

from tenants import sign_in
from tenants.errors import Conflict


@click.command("first-administrator")
@click.option("--name", default="Platform operator")
@click.option("--email", default="administrator@localhost")
@with_appcontext
def first_administrator_command(name: str, email: str) -> None:
    """Print a one-time link for the first administrator of an empty installation; nothing where there is one."""
    try:
        token = sign_in.found_platform(name, email)
    except Conflict:
        return
    click.echo(f"{current_app.config.get('PUBLIC_URL', 'http://127.0.0.1:8800')}/invitations/{token}")
