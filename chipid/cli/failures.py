# SPDX-License-Identifier: Apache-2.0
"""Every way in which a command can end, as an exit code and a message. No traceback reaches the user."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from chipid.cli.exit_codes import ExitCode, of_error
from chipid.cli.messages import error
from chipid.cli.usage import Misuse
from chipid.errors import ChipIdError

_NO_NUMBERS_HINT = "No number of a card stands in a command line: chipid asks for it, or reads it from a file. See --help."
_COMPLETION = "_CHIPID_COMPLETE"  # what shells set to ask click for completions
_DEBUG_HINT = "CHIPID_DEBUG=1 shows where it happened; what it shows may hold personal data. Please report it."


def run(command: click.Command, arguments: Sequence[str] | None) -> int:
    """Run *command* and return the exit code."""
    _never_fail_to_encode()
    try:
        code = _outcome(command, arguments)
        if sys.stdout is None:  # closed before we started: no verdict could be told
            return int(ExitCode.INTERNAL)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone: not a verdict, and nothing that could still be said on stdout.
        _discard_stdout()
        return _fail(ExitCode.INTERNAL, "the output was closed before the result was written")
    return code


def _outcome(command: click.Command, arguments: Sequence[str] | None) -> int:  # noqa: PLR0911  # one for each ending
    try:
        result = command.main(args=None if arguments is None else list(arguments), prog_name="chipid", standalone_mode=False)
        return int(result or ExitCode.ACCEPTED)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _fail(ExitCode.INTERRUPTED, "interrupted")
    except click.ClickException as problem:
        return _usage(problem)
    except ChipIdError as problem:
        _debug()
        return _fail(of_error(problem), str(problem), problem.hint)
    except SystemExit:
        if _COMPLETION in os.environ:
            raise
        # Click's own way out where stdout is closed; its code 1 would say "rejected".
        raise BrokenPipeError from None
    except BrokenPipeError:
        raise
    except OSError as problem:
        _debug()
        if problem.filename is None:
            return _internal(problem)
        return _unreadable(problem)
    except BaseException as problem:  # a panic of an extension in Rust is no Exception, and would end with 1: "rejected"
        _debug()
        return _internal(problem)


def _unreadable(problem: OSError) -> int:
    """A file that cannot be read or written: its name may be a secret that was typed in the wrong place."""
    from chipid.report.redact import without_secrets  # noqa: PLC0415  only where something went wrong

    return _fail(ExitCode.USAGE, f"{without_secrets(str(problem.filename))}: {problem.strerror or type(problem).__name__}")


def _usage(problem: click.ClickException) -> int:
    """Click's message, without whatever looks like a secret that was typed in the wrong place."""
    from chipid.report.redact import HIDDEN, without_secrets  # noqa: PLC0415  # only for a wrong command line

    message = without_secrets(_with_variable(problem), problem.own if isinstance(problem, Misuse) else "")
    hint = problem.hint if isinstance(problem, Misuse) else None
    if hint is None and isinstance(problem, click.UsageError) and problem.ctx is not None:
        hint = f"See: {problem.ctx.command_path} --help"
    return _fail(ExitCode.USAGE, message, _NO_NUMBERS_HINT if HIDDEN in message else hint)


def _with_variable(problem: click.ClickException) -> str:
    """Click's message, which names the option, with the environment variable that its value stands in."""
    message = problem.format_message()
    if isinstance(problem, click.BadParameter) and problem.ctx is not None and problem.param is not None:
        source = problem.ctx.get_parameter_source(problem.param.name or "")
        if source is click.core.ParameterSource.ENVIRONMENT and isinstance(problem.param.envvar, str):
            return f"{problem.param.envvar}: {message}"
    return message


def _internal(problem: BaseException) -> int:
    """Kind and place alone: the message of an exception that nobody foresaw may hold anything."""
    hint = None if _debugging() else _DEBUG_HINT
    return _fail(ExitCode.INTERNAL, f"internal error: {type(problem).__name__}{_place(problem)}", hint)


def _place(problem: BaseException) -> str:
    package = Path(__file__).resolve().parents[1]
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if package in Path(frame.filename).resolve().parents]
    if not frames:
        return ""
    module = Path(frames[-1].filename).resolve().relative_to(package.parent)
    return f" in {module.as_posix()}:{frames[-1].lineno}"


def _fail(code: ExitCode, message: str, hint: str | None = None) -> int:
    error(message, hint)
    return code


def _never_fail_to_encode() -> None:
    """A name that the terminal's character set lacks is spelled out; it must not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _debugging() -> bool:
    return os.environ.get("CHIPID_DEBUG") == "1"


def _debug() -> None:
    if _debugging():
        traceback.print_exc()


def _discard_stdout() -> None:
    """The interpreter flushes stdout once more when it ends; that must not fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
