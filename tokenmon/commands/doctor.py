"""`tokenmon doctor`: checks the installation, and says what to mend."""

import typer

from tokenmon.commands.options import AsJson

app = typer.Typer(add_completion=False)

MARKS = {"ok": "ok", "note": "note", "problem": "! problem"}


@app.command("doctor")
def doctor(json: AsJson = False) -> None:
    """Check the installation and say what to mend."""
    from tokenmon.checkup import run_checkup
    from tokenmon.errors import TokenmonError
    from tokenmon.output import Column, print_json, print_line, print_table

    findings = run_checkup()
    if json:
        print_json([
            {"check": one.check, "state": one.state, "message": one.message, "hint": one.hint} for one in findings
        ])  # fmt: skip
    else:
        columns = [Column("check"), Column("state"), Column("finding", shrinks=True)]
        print_table(columns, [[one.check, MARKS[one.state], one.message] for one in findings])
        for one in findings:
            if one.hint and one.state != "ok":
                print_line(f"hint for {one.check}: {one.hint}")
    problems = [one for one in findings if one.state == "problem"]
    if problems:
        raise TokenmonError(
            f"doctor found {len(problems)} problem{'s' if len(problems) > 1 else ''}", hint=problems[0].hint
        )
