"""The command line ``helix8``."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from helix8.app import (
    ask_catalogue,
    attend_dead_letters,
    attend_plans,
    follow_accounts,
    login,
    make_secrets,
    migrate,
    prepare_given,
    replay_facts,
    run_demo,
    run_simulator,
    streams,
    up,
    up_detached,
    write_nats_configuration,
)
from helix8.audit_command import audit_command
from helix8.catalogue import Doing, Wanted
from helix8.dead_letters import SERVICES, Action, Asked
from helix8.errors import StartError
from helix8.home import Home
from helix8.keys import rotate_signing_keys
from helix8.lock import HeldError, hold
from helix8.logview import follow, log_files, show
from helix8.options import DEFAULT_DATA, Data
from helix8.orphans import end_orphans
from helix8.parts import FIRST_PORT
from helix8.plans import Deed, PlanAsked
from helix8.progress import Progress, say
from helix8.rebuild_command import rebuild_app
from helix8.review_command import review_command
from helix8.state import SuiteState, lives
from helix8.status import as_json, as_table, running, survey
from shared.kit.clock import now

STOP_SECONDS: Final = 60.0

app = typer.Typer(
    name="helix8",
    help="Helix8 套件的运行器 · runs the Helix8 suite",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ACCOUNTS_HELP: Final = "数据中台所写的账号文件 · file of accounts that the hub writes"


@app.command("up")
def up_command(
    *,
    data: Data = DEFAULT_DATA,
    port: Annotated[
        int,
        typer.Option(
            min=1, max=65_535, help="门户端口，被占用则顺延 · port of the portal, moved on if taken"
        ),
    ] = FIRST_PORT,
    detach: Annotated[
        bool, typer.Option("--detach", help="在后台运行 · in the background")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="启动后载入演示数据 · then load the demo data")
    ] = False,
    quiet: Annotated[bool, typer.Option("--no-login", hidden=True)] = False,
) -> None:
    """启动整个套件，Ctrl-C 停止 · start the suite; Ctrl-C stops it."""
    home = Home(data)
    progress = Progress(typer.echo)
    try:
        if detach:
            announce(home, up_detached(home, port, progress, demo=demo))
        else:
            # The log of a suite in the background is no place for a password.
            ready = _silent if quiet else partial(announce, home)
            up(home, port, progress, ready, demo=demo)
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _silent(_: SuiteState) -> None:
    """Say nothing."""


def announce(home: Home, state: SuiteState) -> None:
    """Say where the portal is and how to sign in."""
    name, password = login(home)
    typer.echo()
    typer.echo(f"  门户 · portal    {state.url}")
    typer.echo(f"  演示账号 · login  {name} / {password}")
    typer.echo("  停止 · stop      Ctrl-C / helix8 down      状态 · status  helix8 status")
    typer.echo()


@app.command()
def down(data: Data = DEFAULT_DATA) -> None:
    """停止套件 · stop the suite."""
    home = Home(data)
    if not home.run.is_dir():
        typer.echo(say("没有在运行", "not running"))
        return
    state = running(home)
    if state is not None:
        os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        # Its lock is free a moment before the process is gone.
        gone = state is None or not lives(state.pid, state.born)
        with suppress(HeldError), hold(home.lock):
            stopped = bool(end_orphans(home)) or state is not None
            if gone:
                said = say("已停止", "stopped") if stopped else say("没有在运行", "not running")
                typer.echo(said)
                return
        time.sleep(0.05)
    typer.echo(say("60 秒内未能停止", "did not stop within 60 s"), err=True)
    raise typer.Exit(1)


@app.command()
def status(
    *,
    data: Data = DEFAULT_DATA,
    json_output: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """每个进程的健康、积压与内存 · health, lag and memory of every process."""
    home = Home(data)
    state = running(home)
    if state is None:
        typer.echo(json.dumps(None) if json_output else say("没有在运行", "not running"))
        raise typer.Exit(3)
    processes = asyncio.run(survey(home, state, now()))
    if json_output:
        typer.echo(json.dumps(as_json(state, processes), indent=1, ensure_ascii=False))
    else:
        typer.echo(f"{state.url}  （自 since {state.started_at}）")
        typer.echo(as_table(processes))


@app.command()
def logs(
    *,
    service: Annotated[str | None, typer.Argument(help="进程名 · name of the process")] = None,
    data: Data = DEFAULT_DATA,
    following: Annotated[bool, typer.Option("-f", help="持续输出 · follow")] = False,
    lines: Annotated[int, typer.Option("-n", min=0, help="行数 · lines")] = 50,
) -> None:
    """查看日志 · show the logs."""
    home = Home(data)
    try:
        files = log_files(home, service)
    except LookupError as error:
        message = say(f"没有这个日志；现有：{error}", f"no such log; there are: {error}")
        typer.echo(message, err=True)
        raise typer.Exit(2) from None
    show(files, lines, typer.echo)
    if following:
        with suppress(KeyboardInterrupt):
            follow(files, typer.echo)


@app.command("dead-letters")
def dead_letters_command(
    *,
    service: Annotated[
        str | None, typer.Argument(help="datahub | target | spiral | alert | report")
    ] = None,
    action: Annotated[
        Action, typer.Argument(help="列出、查看、修改、重放、放弃 · what to do")
    ] = Action.LIST,
    letter: Annotated[int | None, typer.Argument(help="编号 · id")] = None,
    data: Data = DEFAULT_DATA,
    file: Annotated[
        Path | None,
        typer.Option("--file", exists=True, dir_okay=False, help="改正后的消息 · mended message"),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="原因 · why")] = None,
) -> None:
    """死信：列出、查看、修改、重放、放弃 · dead letters: list, show, mend, replay, discard."""
    if service is not None and service not in SERVICES:
        known = ", ".join(SERVICES)
        typer.echo(say(f"没有服务 {service}，有 {known}", f"no such service: {known}"), err=True)
        raise typer.Exit(2)
    payload = file.read_text(encoding="utf-8") if file else None
    asked = Asked(service=service, action=action, letter=letter, payload=payload, reason=reason)
    try:
        attend_dead_letters(Home(data), asked, typer.echo)
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command("indicators")
def indicators_command(
    *,
    doing: Annotated[Doing, typer.Argument(help="列出、发布 · what to do")] = Doing.LIST,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="指标编号、目录行 SC01、类 SC · ids, rows or families"),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="全部 · all of it")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """随附的指标目录：列出、发布 · the shipped catalogue of indicators: list, publish.

    helix8 indicators publish SC ST07 course_teachers
    """
    wanted = Wanted(doing=doing, names=names or (), everything=everything)
    try:
        ask_catalogue(Home(data), wanted, typer.echo)
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command("plan")
def plan_command(
    *,
    deed: Annotated[Deed, typer.Argument(help="检查、导入 · what to do")],
    file: Annotated[Path, typer.Argument(help="规划文件 · .txt .yaml .xlsx")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只试运行 · nothing is kept")] = False,
    scope: Annotated[
        str | None, typer.Option("--scope", help="学校，只有一所时可省 · the school, school/14365")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """规划文件：读取、检查、导入 · the file of a plan: read, look through, bring in.

    helix8 plan lint FILE;  helix8 plan import FILE [--dry-run]
    """
    asked = PlanAsked(
        deed=deed, file=file, dry_run=dry_run, scope=scope, coloured=sys.stdout.isatty()
    )
    try:
        attend_plans(Home(data), asked, typer.echo)
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command("migrate")
def migrate_command(data: Data = DEFAULT_DATA) -> None:
    """迁移数据库：环境变量给出的，或正在运行的套件的 · migrate the databases.

    Those that <PREFIX>_MIGRATION_URL and <PREFIX>_MIGRATION_PASSWORD(_FILE) name, else those of
    the running suite.
    """
    _report(lambda: migrate(Home(data)))


@app.command("streams")
def streams_command(data: Data = DEFAULT_DATA) -> None:
    """声明消息流：环境变量给出的，或正在运行的套件的 · declare the streams.

    On the server of HELIX8_NATS_URL, HELIX8_NATS_USER and HELIX8_NATS_PASSWORD(_FILE), else of the
    running suite.
    """
    _report(lambda: streams(Home(data)))


@app.command("prepare")
def prepare_command() -> None:
    """准备给定的 PostgreSQL 与 NATS：库、角色、表、消息流 · prepare given servers.

    HELIX8_POSTGRES_HOST, HELIX8_POSTGRES_PORT, HELIX8_POSTGRES_USER (a superuser),
    HELIX8_NATS_URL; HELIX8_SECRETS: directory of the secrets.
    """
    _report(prepare_given)


@app.command("nats-config")
def nats_config_command(
    to: Annotated[Path, typer.Option(help="写到哪里 · where to")],
    store: Annotated[Path, typer.Option(help="消息流目录 · directory of the streams")],
    accounts: Annotated[Path, typer.Option(help=ACCOUNTS_HELP)],
) -> None:
    """为给定的 NATS 写配置（用户与权限）· write the configuration of a given NATS server.

    HELIX8_SECRETS: directory of the secrets.
    """
    _report(lambda: write_nats_configuration(to, store, accounts))


@app.command("nats-accounts")
def nats_accounts_command(
    config: Annotated[Path, typer.Option(help="NATS 的配置 · configuration of the server")],
    accounts: Annotated[Path, typer.Option(help=ACCOUNTS_HELP)],
) -> None:
    """让给定的 NATS 始终按数据中台所写放行业务系统 · keep the users of a given NATS server.

    HELIX8_NATS_URL; HELIX8_SECRETS: directory of the secrets.
    """
    try:
        follow_accounts(config, accounts, Progress(typer.echo))
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command("replay")
def replay_command(
    *,
    consumer: Annotated[str, typer.Argument(help="消费者 · consumer, alert-scopes")],
    facts: Annotated[list[str], typer.Argument(help="事实 · facts, scope.changed")],
    publisher: Annotated[str, typer.Option("--from", help="发布者 · publisher")] = "datahub",
    after: Annotated[int, typer.Option(min=0, help="只要其后的 · those after this seq")] = 0,
    data: Data = DEFAULT_DATA,
) -> None:
    """把已发布的事实重新发给一个消费者，重建它的表 · send published facts again to one consumer."""
    _report(lambda: replay_facts(Home(data), publisher, consumer, facts, after))


@app.command("secrets")
def secrets_command(
    directory: Annotated[Path, typer.Option("--dir", help="目录 · directory")],
) -> None:
    """生成缺少的密钥文件，从不改动已有的 · make the secrets that are missing, change none."""
    _report(lambda: make_secrets(directory))


@app.command("rotate-key")
def rotate_key_command(
    data: Data = DEFAULT_DATA,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="compose 的密钥目录 · secrets of compose")
    ] = None,
) -> None:
    """更换内部令牌的签名密钥，不停机 · a new key for the internal token, without a stop."""
    _report(lambda: rotate_signing_keys(directory or Home(data).vault().directory))


def _report(work: Callable[[], list[str]]) -> None:
    try:
        done = work()
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo("\n".join(done) or say("无需变更", "nothing to do"))


@app.command("demo", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def demo_command(context: typer.Context, data: Data = DEFAULT_DATA) -> None:
    """把演示数据载入正在运行的套件 · load the demo data into the running suite.

    A file that the hub took in before is not taken in again.

    --oulad DIR  OULAD 全集 · the full data set in DIR;  --stream --rate N  持续推送 · push changes;
    --oea [DIR]  OEA 三个系统 · three linked systems;  --no-load  只推送 · push only.
    """
    try:
        code = run_demo(Home(data), context.args)
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(code)


@app.command(
    "simulate",
    # Its options are its own, --help too.
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def simulate_command(context: typer.Context, data: Data = DEFAULT_DATA) -> None:
    """模拟一个业务系统：文件、REST 或 NATS · play a source system: by file, REST or NATS.

    helix8 simulate --help  查看选项 · shows the options.
    """
    raise typer.Exit(run_simulator(Home(data), context.args))


app.command("review")(review_command)
app.add_typer(rebuild_app, name="rebuild")
app.command("audit")(audit_command)
