"""`config show`, `check` and `schema`: each setting with its source, each problem with its line, and what there is."""

from __future__ import annotations

import json

from core.texts import how_many
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring.profile import FoundProblem, ShownValue, check_config, config_schema, shown_settings


def show(options: CommandOptions) -> int:
    """Print each setting with the file that it came from. A secret is never printed, only where it is stored."""
    shown = shown_settings(options.home, options.profile)
    if options.json:
        emit_json(
            {
                **{value.key: {"value": value.value, "source": value.source} for value in shown.about},
                "values": [value._asdict() for value in shown.values],
                "secrets": [secret._asdict() for secret in shown.secrets],
            }
        )
        return 0
    say_table([(value.key, str(value.value), _source(value)) for value in shown.about])
    say("")
    say_table([(value.key, _toml(value.value), _source(value)) for value in shown.values])
    if shown.secrets:
        say("", "SECRETS (never shown)")
        say_table(
            [
                (secret.name, secret.variable, f"stored: {secret.source}" if secret.source else "not stored")
                for secret in shown.secrets
            ],
            indent="  ",
        )
    return 0


def _source(value: ShownValue) -> str:
    return value.source if value.line is None else f"{value.source}:{value.line}"


def _toml(value: object) -> str:
    """Return a value as config.toml has it; "-" for one that is not set."""
    return "-" if value in (None, {}) else json.dumps(value, ensure_ascii=False)


def check(options: CommandOptions) -> int:
    """Print each problem of config.toml, and return 1 if there is one."""
    report = check_config(options.home, options.profile)
    code = 1 if report.problems else 0
    if options.json:
        emit_json(
            {
                "file": str(report.file),
                "profiles": report.profiles,
                "problems": [_form(problem) for problem in report.problems],
            }
        )
        return code
    for problem in report.problems:
        place = str(problem.file) if problem.line is None else f"{problem.file}:{problem.line}"
        say(f"{place}  {problem.key}".rstrip(), f"  {problem.what_happened}", f"  {problem.error.fix}")
    if report.problems:
        say("", f"{how_many(len(report.problems), 'problem')} in {report.file}.")
    elif report.profiles:
        say(f"{report.file} has {how_many(len(report.profiles), 'profile')} and no problem.")
    else:
        lacks = "names no profile" if report.file.is_file() else "is not there"
        say(f"{report.file} {lacks}: brokerdesk uses the built-in sandbox. brokerdesk init adds a profile.")
    return code


def _form(problem: FoundProblem) -> dict[str, object]:
    return {
        "file": str(problem.file),
        "key": problem.key,
        "line": problem.line,
        "code": problem.error.code,
        "message": problem.error.message,
        "fix": problem.error.fix,
    }


def schema(options: CommandOptions) -> int:  # noqa: ARG001 - the schema is the same for everybody
    """Print the JSON schema of config.toml."""
    emit_json(config_schema())
    return 0
