"""`tokenmon statusline`: one line for Claude Code, which asks for it on every turn."""

import typer

from tokenmon.commands.options import AsJson

app = typer.Typer(add_completion=False)


@app.command("statusline")
def statusline(json: AsJson = False) -> None:
    """Print the status line of Claude Code.

    Claude Code runs it on every turn when its settings
    (~/.claude/settings.json) hold:

    "statusLine": {"type": "command", "command": "tokenmon statusline"}

    It reads from stdin the JSON object that Claude Code writes, and prints one
    line: the model, the session's cost (of a subscription its list-price
    value), today and the five-hour block as tokenmon knows them, and what
    Anthropic says is used of the plan. What is not known is left out.
    """
    from tokenmon.commands.statusline_form import show_status

    show_status(as_json=json)
