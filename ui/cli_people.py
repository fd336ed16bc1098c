"""`pharmassist people`: accounts on the command line, done by the local person that the settings name.

A password is asked for, or read as the first line of standard input; it is never an argument, because other users of
the machine see the arguments of a process.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ui.password import asked_password

if TYPE_CHECKING:
    from assistant.accounts import Accounts
    from assistant.people import Person, Role

app = typer.Typer(help="Accounts: who may do what.", no_args_is_help=True)

UserName = Annotated[str, typer.Argument(help="The user name, small letters.")]
Roles = Annotated[list[str], typer.Option("--role", help="A role; repeat the option for several.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/json.md) instead of text.")]


@app.command("list")
def list_people(as_json: Json = False) -> None:
    """Every account, disabled ones too, and its roles."""
    from ui.audit_shapes import people_json

    accounts, _ = _opened()
    everyone = accounts.everyone()
    print(people_json(everyone) if as_json else "\n".join(map(_line, everyone)) or "There is no account yet.")


@app.command()
def add(
    user_name: UserName,
    name: Annotated[str, typer.Option(help="The name as a signature prints it.")],
    role: Roles,
    no_password: Annotated[bool, typer.Option("--no-password", help="Set the password later.")] = False,
    as_json: Json = False,
) -> None:
    """Add an account; its password is asked for, or read from standard input."""
    accounts, by = _manager()
    password = "" if no_password else _new_password()
    _show(accounts.add(user_name, name, _roles(role), by, password), as_json)


@app.command()
def disable(user_name: UserName, as_json: Json = False) -> None:
    """Take every right from an account. What it did stays under its name, which is never given again."""
    accounts, by = _manager()
    _show(accounts.disable(user_name, by), as_json)


@app.command()
def enable(user_name: UserName, as_json: Json = False) -> None:
    """Give a disabled account its rights again."""
    accounts, by = _manager()
    _show(accounts.enable(user_name, by), as_json)


@app.command()
def roles(user_name: UserName, role: Roles, as_json: Json = False) -> None:
    """Replace the roles of an account."""
    accounts, by = _manager()
    _show(accounts.set_roles(user_name, _roles(role), by), as_json)


@app.command()
def password(user_name: UserName, as_json: Json = False) -> None:
    """Set a new password; it is asked for, or read from standard input."""
    accounts, by = _manager()
    _show(accounts.set_password(user_name, _new_password(), by), as_json)


def _opened() -> tuple[Accounts, Person]:
    """The accounts, and the local person."""
    from assistant.accounts import Accounts
    from ui.opening import local_person, open_records
    from ui.settings import load

    settings = load()
    accounts = Accounts(open_records(settings).ledger)
    return accounts, local_person(settings, accounts)


def _manager() -> tuple[Accounts, str]:
    """The accounts, and the user name of the local person, who must be allowed to manage people."""
    from assistant.people import May, require

    accounts, person = _opened()
    require(person, May.MANAGE_PEOPLE)
    return accounts, person.user_name


def _roles(named: list[str]) -> list[Role]:
    from assistant.people import Role

    known = {role.value: role for role in Role}
    wrong = [name for name in named if name.replace("-", "_") not in known]
    if wrong:
        raise typer.BadParameter(f"no such role: {', '.join(wrong)}; there are {', '.join(known)}")
    return [known[name.replace("-", "_")] for name in named]


def _new_password() -> str:
    first = asked_password("Password: ")
    if sys.stdin.isatty() and asked_password("Again: ") != first:
        raise typer.BadParameter("the two passwords are not the same")
    return first


def _show(person: Person, as_json: bool) -> None:
    from ui.audit_shapes import person_shape

    print(person_shape(person).model_dump_json(indent=2) if as_json else _line(person))


def _line(person: Person) -> str:
    held = ", ".join(sorted(role.value for role in person.roles))
    return f"{person.user_name:20} {person.name:28} {held}{'  [disabled]' if person.disabled else ''}"
