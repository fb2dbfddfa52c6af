"""The steps of a run, in order: land, build, judge, publish, report. Dagster's assets call them; nothing else does.

Each step opens the build database itself and closes it: one process must not hold connections with different settings.
What a run still has to do is never kept apart: it is the landing store less what the current generation was made from.
So a run may be killed anywhere, and the next one goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.analysis import tables as analysis_tables
from orchestration.analysis.design import read_design
from orchestration.errors import OccError
from orchestration.keeping import layout
from orchestration.landing import LandingResult, Profile, briefings, erasures, land, load_profile, sync_build_database
from orchestration.progress import note, report
from orchestration.publish import audience_files, audit, generation, history, modes, publish_log
from orchestration.publish.audiences import read_audiences
from orchestration.publish.generation import Generation, quoted
from orchestration.quality import reviews
from orchestration.quality.results import carry_history, newest_results, write_reviews
from orchestration.quality.rules import Rule, RuleResult, load_rules
from orchestration.reports.brief.reading import KINDS, Kind
from orchestration.settings import RULES, Settings
from orchestration.versions import code_version
from orchestration.warehouse import dbt, disk, rebuild

if TYPE_CHECKING:
    from orchestration.publish.postgresql.publish import Outcome as PostgresOutcome

# Without a limit the engine would keep every page that it has read of the build database, beside what it writes.
_MEMORY_TO_PUBLISH_A_DAY = "300MB"
_NEW_CODE = "models, rules, profile or landing code changed"
_ERASED = "rows were erased"


@contextmanager
def build_database(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The private build database, for writing. Instants are UTC; nothing is ever fetched from outside."""
    settings.build.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(settings.build_db), config={"autoinstall_known_extensions": "false"})
    try:
        con.execute("set TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


def derived_files(settings: Settings) -> list[Path]:
    """Files made from the landing store that may hold its rows, also in pages that are free: made anew by a run."""
    return [settings.build_db, settings.build_db.with_name(settings.build_db.name + ".wal")]


def land_deliveries(settings: Settings) -> LandingResult:
    """Take in what was delivered, and write down what this run has to do before the first model changes."""
    profile = load_profile(settings.profile)
    # A file that cannot be used is said before the work, not after.
    read_design(settings.profile)
    briefings.check(settings.profile)
    read_audiences(settings.profile)
    name = generation.new_name(settings)
    with disk.told(settings, "taking in what was delivered"):
        erasures.settle(settings.warehouse / "landing", derived_files(settings))
        for line in layout.bring_up_to_date(settings, profile):
            report(f"older files of the landing store: {line}")
        _mend_build_database(settings)
        with build_database(settings) as con:
            audit.begin(con)
        result = land(
            settings.landing,
            settings.warehouse,
            profile,
            settings.key_file,
            batch=name,
            progress=report,
        )
        _tell_what_was_left(result)
        with build_database(settings) as con:
            prepare_models(settings, con, profile, name)
    return result


def prepare_models(settings: Settings, con: duckdb.DuckDBPyConnection, profile: Profile, name: str) -> None:
    """Tell a database what the models read: the deliveries that count, what is out, what the run `name` has to do."""
    _note_what_is_published(settings, con)
    _note_what_was_taken_up(con)
    carry_history(con, settings.current_db)
    analysis_tables.prepare(con)
    published = generation.current(settings)
    sync_build_database(con, settings.warehouse, profile, published.batches if published else ())
    requests = rebuild.asked(settings)
    rebuild.plan(con, requests)
    _plan_run(settings, con, name, requests)


def build_warehouse(settings: Settings) -> dbt.DbtBuild:
    """Build the models on what is pending, or all of them from nothing, and keep what failed for the gate.

    Where nothing is pending, as after a review alone, nothing is built.
    """
    doing = "building the models"
    with disk.told(settings, doing):
        with build_database(settings) as con:
            is_full = _is_full(con)
            if _nothing_to_build(settings, con):
                return dbt.DbtBuild(was_needed=False)
        # Views and reference data change with the code or the profile only, and then the run is a full one.
        unchanged = [] if is_full else ["config.materialized:view", "resource_type:seed"]
        outcome = dbt.build(settings, full_refresh=is_full, exclude=unchanged)
        if any(disk.says_full(problem) for problem in outcome.failed_models + outcome.failed_tests):
            raise disk.full(settings, doing)
        with build_database(settings) as con:
            audit.record_build(con, outcome)
            con.execute(
                "create or replace table landing.build_seconds as select unnest(?) as name, unnest(?) as seconds",
                [list(outcome.seconds), list(outcome.seconds.values())],
            )
    return outcome


def analyse(settings: Settings) -> list[str]:
    """Bring the analyses up to date: what SQL cannot, from the figures as built; the names of those done again.

    Whatever goes wrong in one is said in its tables; only a design file that cannot be used stops the run.
    """
    from orchestration.analysis.run import run_analyses

    report("analysing")
    with disk.told(settings, "analysing"), build_database(settings) as con:
        return run_analyses(con, settings.profile)


def judge_quality(settings: Settings) -> list[RuleResult]:
    """Run the rules on what was delivered and on what was built; keep the results, and the reviews, as rows.

    Where nothing was built nothing is judged: what is returned is what was found before.
    """
    from orchestration.quality.run import blocking_problems, run_rules, write_results

    doing = "judging the quality"
    with disk.told(settings, doing):
        with build_database(settings) as con:
            name, is_full = con.execute("select generation, is_full from landing.run").fetchall()[0]
            rules = load_rules(RULES)
            _keep_reviews(settings, con, rules)
            if _nothing_to_build(settings, con):
                return newest_results(con, rules)
        results = run_rules(settings.build_db, generation=name, full=is_full, rules_dir=RULES, progress=report)
        if any(disk.says_full(result.reason or "") for result in results):
            raise disk.full(settings, doing)
        with build_database(settings) as con:
            write_results(con, results)
            audit.record(con, "rule", blocking_problems(results))
    return results


def publish_generation(settings: Settings) -> Generation:
    """Pass the gate, write one new generation, move the pointer, let go of what has outlived its time.

    Raises AuditStopped when the gate stays shut; then nothing was published.
    """
    _log_what_is_out(settings)
    with (
        publish_log.recording(settings, "local", str(settings.published)) as logged,
        disk.told(settings, "publishing"),
        modes.for_the_data_team(),
    ):
        try:
            written = _publish(settings, logged, _MEMORY_TO_PUBLISH_A_DAY)
        except duckdb.OutOfMemoryException:
            report(f"publishing again: {_MEMORY_TO_PUBLISH_A_DAY} of memory were not enough")
            written = _publish(settings, logged)
        logged.tables, logged.rows = generation.size(settings, written)
        with build_database(settings) as con:
            con.execute("drop table if exists landing.full_build_unfinished")
            con.execute("drop table if exists landing.taken_up")
            rebuild.fulfilled(settings, rebuild.planned(con))
    for each in audience_files.published(settings):
        publish_log.record(settings, audience_files.logged(settings, each))
    generation.withdraw_erased(settings)
    generation.remove_old(settings)
    return written


def _publish(settings: Settings, logged: publish_log.Entry, memory_of_a_day: str | None = None) -> Generation:
    """One try, over a connection of its own: one that ran out of memory goes on saying so."""
    audiences = read_audiences(settings.profile)
    with build_database(settings) as con:
        audit.pass_or_stop(con)
        name, is_full = con.execute("select generation, is_full from landing.run").fetchall()[0]
        if memory_of_a_day and not is_full:
            con.execute(f"set memory_limit = '{memory_of_a_day}'")
        logged.generation = name
        try:
            written = generation.write(
                settings,
                con,
                name=name,
                code_version=code_version(settings),
                nodes=dbt.manifest_nodes(settings) | analysis_tables.as_nodes(),
                is_full=is_full,
                beside=lambda made, tables: audience_files.write(settings, con, made, tables, audiences),
            )
            modes.close_to_others(settings)
            generation.move_pointer(settings, name)
        except Exception:
            generation.discard(settings, name)
            raise
    return written


def _log_what_is_out(settings: Settings) -> None:
    """A run killed after the pointer moved left no line in the log of what is published."""
    out = generation.current(settings)
    if out is None or publish_log.knows(settings, out.generation):
        return
    tables, rows = generation.size(settings, out)
    for entry in [
        publish_log.Entry("local", str(settings.published), None, out.generation, tables, rows),
        *(audience_files.logged(settings, each) for each in audience_files.published(settings)),
    ]:
        entry.note = f"published at {out.published_at}, logged by the run after it"
        publish_log.record(settings, entry)


def publish_to_database(settings: Settings) -> PostgresOutcome | None:
    """Bring the PostgreSQL database, where one is named, to the generation that is out; None where that went wrong."""
    from orchestration.publish.postgresql.publish import publish_after_run

    return publish_after_run(settings)


def write_report(settings: Settings) -> Path | None:
    """Make the quality report of the generation that is out; its first page, or None where it could not be made.

    What is published stays published whatever happens here: who started the run is told, and `occ report` says more.
    """
    from orchestration.reports.quality import place

    if not settings.reports_wanted:
        return None
    report("writing the quality report")
    try:
        return place.write(settings)
    except Exception as error:
        # What an error of the code says may repeat a value from the data.
        what = str(error) if isinstance(error, OccError) else type(error).__name__
        note(
            f"The generation is published, but its quality report could not be made ({what}). "
            "`occ report quality` tries again."
        )
        return None


def write_briefings(settings: Settings) -> dict[Kind, list[Path]]:
    """Make the four briefings of the generation that is out, each of its newest whole period; the files of each.

    What is published stays published whatever happens here; one that could not be made is left out and told.
    """
    from orchestration.reports.brief import place

    written: dict[Kind, list[Path]] = {}
    if not settings.reports_wanted:
        return written
    report("writing the briefings")
    for kind in KINDS:
        try:
            written |= place.write(settings, [kind])
        except Exception as error:
            what = str(error) if isinstance(error, OccError) else type(error).__name__
            note(
                f"The generation is published, but its {kind} briefing could not be made ({what}). "
                f"`occ brief {kind}` tries again."
            )
    return written


def _keep_reviews(settings: Settings, con: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> None:
    """The reviews file as rows, and its digest, by which the next run knows whether it changed or something expired."""
    today = reviews.today_of(settings)
    said = reviews.read(settings.reviews, today)
    con.execute("create or replace table landing.reviews as select ? as digest", [reviews.digest(said, today)])
    for problem in write_reviews(con, said, [rule.id for rule in rules], today):
        note(f"A review cannot be used: {problem}")


def _nothing_to_build(settings: Settings, con: duckdb.DuckDBPyConnection) -> bool:
    """Whether every table stands as the generation that is out has it: the run is there for a review alone."""
    published = generation.current(settings)
    if published is None or _is_full(con) or rebuild.planned(con):
        return False
    batches = {row[0] for row in con.execute("select distinct batch from landing.deliveries").fetchall()}
    pending = con.execute("select count(*) from landing.contents where is_pending").fetchall()[0][0]
    return not pending and batches <= set(published.batches)


def _mend_build_database(settings: Settings) -> None:
    """Before anything else: what a killed run left. A build database that cannot be read is made again from nothing.

    It holds nothing that the landing store and the generation that is out do not. One that is merely in use, or that
    cannot be read for want of room or permission, is left alone.
    """
    shutil.rmtree(settings.build_db.with_suffix(".duckdb.tmp"), ignore_errors=True)  # what queries spilled
    try:
        with build_database(settings) as con:
            con.execute("select count(*) from duckdb_tables()").fetchall()
    except duckdb.Error as error:
        if disk.is_full(error) or any(words in str(error) for words in ("lock", "Permission", "ermitted")):
            raise
        note(f"The build database could not be read and is made again from the landing store ({type(error).__name__}).")
        for path in (settings.build_db, settings.build_db.with_suffix(".duckdb.wal")):
            path.unlink(missing_ok=True)


_LISTED = 5  # files named in a note; the others are counted


def _tell_what_was_left(result: LandingResult) -> None:
    """What lies in the landing folder and was not taken in, for the person who started the run."""
    for what, files in (
        ("still grew, or went away, while looked at; the next run looks again", result.still_growing),
        ("could not be read; the next run looks again", result.unreadable),
        ("passed over", result.ignored),
    ):
        if files:
            more = f" and {len(files) - _LISTED} more" if len(files) > _LISTED else ""
            note(f"{len(files)} not taken in ({what}): {'; '.join(sorted(files)[:_LISTED])}{more}")


def _note_what_is_published(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    """`landing.published_...`: the deliveries that the current generation was made from, and the figures it holds."""
    history.make_tables(con)
    con.execute("create or replace table landing.published_contents (delivery_id varchar, business_date date)")
    with _current_generation(settings, con) as database:
        if database:
            con.execute(
                "insert into landing.published_contents select delivery_id, business_date "
                f"from {database}.quality.deliveries where status in ('LOADED', 'SUPERSEDED')"
            )
            history.carry(con, "published_generations", database)
            history.carry(con, "published_figures", database)


@contextmanager
def _current_generation(settings: Settings, con: duckdb.DuckDBPyConnection) -> Iterator[str | None]:
    """The generation that is out, attached under the name given; None before the first."""
    if not settings.current_db.exists():
        yield None
        return
    con.execute(f"attach {quoted(str(settings.current_db.resolve()))} as current_generation (read_only)")
    try:
        yield "current_generation"
    finally:
        con.execute("detach current_generation")


def _note_what_was_taken_up(con: duckdb.DuckDBPyConnection) -> None:
    """`landing.taken_up`: contents that builds since the last publication may have worked into the tables.

    A run that was not published may have built from a delivery that no longer counts now, as the same bytes came for an
    earlier day: what it left in the tables must be found then.
    """
    con.execute("create table if not exists landing.taken_up (delivery_id varchar, business_date date)")
    if con.execute(
        "select 1 from duckdb_tables() where schema_name = 'landing' and table_name = 'contents'"
    ).fetchall():
        con.execute(
            "insert into landing.taken_up select delivery_id, business_date from landing.contents where is_pending "
            "except select delivery_id, business_date from landing.taken_up"
        )


def _plan_run(
    settings: Settings, con: duckdb.DuckDBPyConnection, name: str, requests: Sequence[rebuild.Request]
) -> None:
    """`landing.run`: the generation to build, and whether from nothing."""
    reasons = _reasons_for_full_build(settings, con)
    if any(request.is_everything for request in requests):
        reasons.append("it was asked for")
    con.execute(
        "create or replace table landing.run "
        "(generation varchar, started_at timestamptz, is_full boolean, has_new_code boolean, has_erasures boolean)"
    )
    con.execute(
        "insert into landing.run values (?, now(), ?, ?, ?)",
        [name, bool(reasons), _NEW_CODE in reasons, _ERASED in reasons],
    )
    if reasons:
        # Tables made from nothing lose what only earlier runs knew: how figures changed.
        with _current_generation(settings, con) as database:
            if database:
                history.carry(con, "published_changes", database)
        con.execute("create table if not exists landing.full_build_unfinished (reason varchar)")
        con.executemany("insert into landing.full_build_unfinished values (?)", [[reason] for reason in reasons])


def _reasons_for_full_build(settings: Settings, con: duckdb.DuckDBPyConnection) -> list[str]:
    """Why the tables as they stand cannot be carried on; empty when they can."""
    published = generation.current(settings)
    tables = {row[0] for row in con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()}
    reasons = []
    if published is None:
        reasons.append("nothing was published yet")
    elif published.code_version != code_version(settings):
        reasons.append(_NEW_CODE)
    if "marts.fct_calls" not in tables:
        reasons.append("the build database is new")
    if "landing.full_build_unfinished" in tables:
        reasons.append("a build from nothing was not finished")
    withdrawn = con.execute(
        "select count(*) from ((select delivery_id, business_date from landing.published_contents "
        "union select delivery_id, business_date from landing.taken_up) "
        "except select delivery_id, business_date from landing.contents)"
    ).fetchall()[0][0]
    if con.execute("select count(*) from landing.read_again").fetchall()[0][0]:
        reasons.append("delivered files were read again")
    erased = {row[0] for row in con.execute("select erasure_id from landing.erasures").fetchall()}
    if published is not None and erased - set(published.erasures):
        reasons.append(_ERASED)
    if withdrawn:
        reasons.append("an earlier delivery with the same bytes took the place of one that counted")
    return reasons


def _is_full(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(con.execute("select is_full from landing.run").fetchall()[0][0])
