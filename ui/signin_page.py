"""The pages that stand outside: signing in, and changing one's own password. Plain HTML that needs no script."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import HTMLResponse

from ui.markup import text

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
PASSWORD = "/password"  # noqa: S105 (an address)

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · pharmassist</title><style>{style}</style></head>
<body><main><h1>pharmassist</h1><h2>{title}</h2>{said}
<form method="post" action="{action}">{fields}<button type="submit">{button}</button></form>{after}</main></body>
</html>"""


def _framed(title: str, said: str, action: str, fields: str, button: str, after: str, status: int) -> HTMLResponse:
    style = (Path(__file__).parent / "signin.css").read_text(encoding="utf-8")
    alert = f'<p role="alert">{text(said)}</p>' if said else ""
    page = _FRAME.format(title=title, style=style, said=alert, action=action, fields=fields, button=button, after=after)
    return HTMLResponse(page, status_code=status, headers={"Cache-Control": "no-store"})


def _field(name: str, label: str, kind: str, autocomplete: str, focus: str = "") -> str:
    return (
        f'<label for="{name}">{label}</label><input id="{name}" name="{name}" type="{kind}" '
        f'autocomplete="{autocomplete}" maxlength="256" required {focus}>'
    )


def sign_in_page(said: str, onward: str, status: int = 200) -> HTMLResponse:
    """The form to sign in; `said` is shown above it, `onward` is the path to go on to."""
    fields = (
        _field("user_name", "User name", "text", "username", 'autofocus autocapitalize="none" spellcheck="false"')
        + _field("password", "Password", "password", "current-password")
        + f'<input type="hidden" name="next" value="{text(onward)}">'
    )
    after = "<p>An administrator gives accounts and new passwords. Each sign-in, also a failed one, is recorded.</p>"
    return _framed("Sign in", said, SIGN_IN, fields, "Sign in", after, status)


def password_page(said: str, status: int = 200) -> HTMLResponse:
    """The form to change one's own password."""
    fields = (
        _field("current", "Current password", "password", "current-password", "autofocus")
        + _field("new", "New password, at least 12 characters", "password", "new-password")
        + _field("again", "The new password again", "password", "new-password")
    )
    return _framed("Change your password", said, PASSWORD, fields, "Change", '<p><a href="/">Back</a></p>', status)
