"""A mistake that a backup of the night cannot mend: a table is dropped in the middle of writes, and comes back as it was just before."""

from datetime import UTC, datetime

from compose.demo.screen import Stage
from compose.demo.story import PATIENCE, wait
from compose.demo.writer import Writer
from compose.local.platform import Platform
from tasks.desk import asking
from tasks.starts import start_backup, start_restore
from workers.alerts.words import count, size
from workers.artifact import Statement, decode, encode, new_run_id
from workers.bench import finding, moments
from workers.bench.moments import Hosts
from workers.bench.wishes import Wish
from workers.celery import app
from workers.errors import Permanent
from workers.topology import CONTROL, restore_queue


def make(here: Platform, writer: Writer, line: Stage) -> None:
    """Drop a table in the middle of writes; the writer stops at its first refusal, as an application in maintenance would."""
    here.database.run("DROP TABLE community.comments")
    writer.join(PATIENCE)
    line.say(f"DROP TABLE comments in the middle of writes; the writer was refused after {writer.written:,} acknowledged rows")


def undo(here: Platform, line: Stage, comments: int) -> None:
    """Ship the logs, find the statement in them, and bring back what was before it; so many comments must be there then."""
    logs, hit = _shipped_and_found("DROP TABLE comments")
    order = moments.plan(app.tools, Hosts(asking.ask, asking.able), Wish("community", confirm="community", before=hit)).order
    run = new_run_id()
    start_restore.apply_async(("community", encode(order), run), queue=CONTROL)
    wait(run)
    with here.database.admin("community") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM comments")
        (found,) = cursor.fetchone() or (0,)
    if found != comments:
        raise Permanent(f"{comments:,} comments were acknowledged before the table was dropped, {found:,} came back")
    line.say(f'find("DROP TABLE comments") in {logs}: {hit.gtid}, {hit.position.file} at {hit.position.offset}')
    line.say("replay on a scratch server up to the transaction before, then over the live database")
    line.say(f"{found:,} of {comments:,} acknowledged comments are there again")


def _shipped_and_found(words: str) -> tuple[str, Statement]:
    run = new_run_id()
    start_backup.apply_async(("community", "log", None, run), queue=CONTROL)
    wait(run)
    found = finding.logs(app.tools, "community", datetime.now(UTC) - finding.DAY)
    answers = asking.question("host.find", ("community", words, list(found.pins)), restore_queue("db1"), PATIENCE)
    return f"{count(found.files, 'log')}, {size(found.bytes)}", decode(Statement, answers[-1])
