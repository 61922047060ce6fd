//! The command `migrate`: moves a SQLite file into a store on PostgreSQL and ClickHouse.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{runtime::Runtime, sync::mpsc};

use super::{
    error::CliError,
    output::{log, print, print_status},
};
use crate::{
    clock::now_ms,
    config::{Database, ScaledAddress, StoreChoice},
    store::{
        comparison::{StorePair, differences},
        migration::{ENTITIES, KEYS, MigrationError, MigrationState, Position, Row, Table},
        scaled::migration::ScaledTarget,
        sqlite::{Options, SqliteStore, migration::SqliteSource},
    },
};

/// Rows in a transaction: enough to spread its cost over many rows, and few enough for an
/// interruption to cost only seconds.
const ROWS: usize = 20_000;

/// Number of parts of tables that are read ahead of the writer.
const PARTS: usize = 2;

/// Time between two progress lines.
const INTERVAL: Duration = Duration::from_secs(2);

/// Time between two checks of the shipper.
const PAUSE: Duration = Duration::from_millis(100);

/// Number of differences that are printed one by one.
const TOLD: usize = 20;

/// Where from and where to.
#[derive(clap::Args)]
pub struct Migrate {
    /// The file, as sqlite:FILE; stop its collector first
    #[arg(long, env = "NATERO_MIGRATE_FROM", value_name = "ADDRESS")]
    from: String,
    /// An empty database in PostgreSQL, as postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        env = "NATERO_MIGRATE_TO",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    to: String,
    /// The addresses of ClickHouse, as serve takes them
    #[arg(
        long,
        env = "NATERO_CLICKHOUSE",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "ADDRESS"
    )]
    clickhouse: Vec<String>,
}

impl std::fmt::Debug for Migrate {
    /// Omits the addresses of servers: they may contain passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Migrate")
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// Runs the command.
pub(super) fn run(arguments: Migrate) -> Result<(), CliError> {
    let (file, to) = chosen(arguments)?;
    log()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| CliError::Io {
            what: "starting the runtime".into(),
            cause,
        })?;
    let mut last: Option<Instant> = None;
    let mut on_progress = |progress: Progress| {
        if last.is_none_or(|last| last.elapsed() >= INTERVAL) {
            print_status(&progress.to_string());
            last = Some(Instant::now());
        }
        Ok(())
    };
    let moved = migrate(&runtime, &file, &to, ROWS, &mut on_progress)?;
    print(&match moved {
        MigrationOutcome::Migrated { events } => format!(
            "{events} events were moved, and all figures are the same; start collectors with --store postgres://…"
        ),
        MigrationOutcome::AlreadyMigrated => {
            "this file was moved before; nothing is left to do".to_owned()
        }
    })
}

/// The file and the target that the flags name. Errors repeat no address, because it may
/// contain a password.
fn chosen(arguments: Migrate) -> Result<(PathBuf, ScaledAddress), CliError> {
    let usage = |words: &str| CliError::Usage(words.to_owned());
    let file = arguments.from.strip_prefix("sqlite:");
    let file = file.filter(|file| !file.is_empty()).ok_or_else(|| {
        usage("--from is the file that is moved, as sqlite:FILE; --to is where it is moved")
    })?;
    let to = &arguments.to;
    if !(to.starts_with("postgres://") || to.starts_with("postgresql://")) {
        return Err(usage(
            "--to is a database in PostgreSQL: postgres://USER:PASSWORD@HOST/DATABASE",
        ));
    }
    let target = Database {
        store: Some(arguments.to),
        clickhouse: arguments.clickhouse,
        ..Database::of_file("".as_ref())
    };
    match target.choice()? {
        StoreChoice::Scaled(to) => Ok((file.into(), to)),
        StoreChoice::Sqlite(_) => Err(usage("--to is a database in PostgreSQL")),
    }
}

/// The progress of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Number of events that are in PostgreSQL, and of all events.
    Copied(i64, i64),
    /// Number of events that wait to be shipped to ClickHouse.
    Shipping(i64),
    /// Number of account trees that were compared, and of all trees.
    StorePair(usize, usize),
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Progress::Copied(done, all) => write!(f, "{done} of {all} events are copied"),
            Progress::Shipping(left) => write!(f, "{left} events wait for ClickHouse"),
            Progress::StorePair(done, all) => {
                write!(f, "the figures of {done} of {all} trees are compared")
            }
        }
    }
}

/// Receives the progress of a migration. An error cancels the migration.
pub type OnProgress<'a> = dyn FnMut(Progress) -> Result<(), MigrationError> + Send + 'a;

/// The result of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationOutcome {
    /// It is complete. `events` were moved, by this run and by earlier ones that were
    /// interrupted.
    Migrated {
        /// Number of events.
        events: i64,
    },
    /// It was complete before.
    AlreadyMigrated,
}

/// Moves a file into a store on servers, with `rows` events in a transaction. `on_progress` receives
/// the progress, and may cancel by returning an error.
///
/// # Errors
/// When either store fails, the file is in use, the target holds other data, or the two
/// stores answer differently in the end.
pub fn migrate(
    runtime: &Runtime,
    file: &Path,
    to: &ScaledAddress,
    rows: usize,
    on_progress: &mut OnProgress<'_>,
) -> Result<MigrationOutcome, MigrationError> {
    let mut source = SqliteSource::open(file, rows)?;
    let fingerprint = source.fingerprint()?;
    let target = runtime.block_on(ScaledTarget::open(&to.postgres, &to.clickhouse))?;
    let work = move |target: &ScaledTarget| -> Result<MigrationOutcome, MigrationError> {
        let (position, copied) = match runtime.block_on(target.begin(&fingerprint))? {
            MigrationState::Completed(_) => return Ok(MigrationOutcome::AlreadyMigrated),
            MigrationState::Interrupted(position) => (position, runtime.block_on(target.taken())?),
            MigrationState::NotStarted => {
                begin(runtime, &mut source, target, &fingerprint)?;
                (Position::default(), 0)
            }
        };
        let events = copy(runtime, &source, target, (position, copied), on_progress)?;
        let (keys, events_from) = (read(&source, &KEYS)?, source.events_from()?);
        // The comparison below opens the file as a collector does.
        drop(source);
        runtime.block_on(async {
            ship(target, events_from, on_progress).await?;
            compare(file, target, on_progress).await?;
            target.take_keys(keys).await
        })?;
        Ok(MigrationOutcome::Migrated { events })
    };
    let moved = work(&target);
    runtime.block_on(target.close());
    moved
}

/// Moves everything except events and figures. One thread reads and another writes.
fn begin(
    runtime: &Runtime,
    source: &mut SqliteSource,
    target: &ScaledTarget,
    fingerprint: &[u8; 32],
) -> Result<(), MigrationError> {
    let (sender, parts) = mpsc::channel(PARTS);
    std::thread::scope(|scope| {
        scope.spawn(move || source.send(&ENTITIES, &sender));
        runtime.block_on(target.take_entities(fingerprint, parts))
    })
}

/// Reads all rows of some tables.
fn read<'t>(
    source: &SqliteSource,
    tables: &'t [Table],
) -> Result<Vec<(&'t Table, Vec<Row>)>, MigrationError> {
    tables
        .iter()
        .map(|table| Ok((table, source.rows(table)?)))
        .collect()
}

/// Copies events and figures from where an earlier run stopped. Returns the number of all
/// copied events.
fn copy(
    runtime: &Runtime,
    source: &SqliteSource,
    target: &ScaledTarget,
    (from, before): (Position, i64),
    on_progress: &mut OnProgress<'_>,
) -> Result<i64, MigrationError> {
    let all = source.events()?;
    let mut copied = before;
    source.read_from(from, &mut |rows, position| {
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        runtime.block_on(target.take_events(rows, position))?;
        copied += count;
        on_progress(Progress::Copied(copied, all))
    })?;
    Ok(copied)
}

/// Waits until ClickHouse has all events. The source had all of its events from `events_from`
/// on.
async fn ship(
    target: &ScaledTarget,
    events_from: i64,
    on_progress: &mut OnProgress<'_>,
) -> Result<(), MigrationError> {
    target.settle(events_from).await?;
    loop {
        let left = target.ship().await?;
        on_progress(Progress::Shipping(left))?;
        if left == 0 {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Fails when the two stores answer differently.
async fn compare(
    file: &Path,
    target: &ScaledTarget,
    on_progress: &mut OnProgress<'_>,
) -> Result<(), MigrationError> {
    let source_store = Arc::new(SqliteStore::open(file, Options::default())?);
    let compared = StorePair {
        right: source_store.clone(),
        other: target.store(),
    };
    let mut broken = None;
    let found = differences(&compared, now_ms(), &mut |done, all| {
        if let Err(cause) = on_progress(Progress::StorePair(done, all)) {
            broken.get_or_insert(cause);
        }
    })
    .await;
    drop(compared);
    source_store.close().await;
    if let Some(cause) = broken {
        return Err(cause);
    }
    let found = found?;
    if found.is_empty() {
        return Ok(());
    }
    Err(MigrationError::Differs {
        count: found.len(),
        list: found.into_iter().take(TOLD).collect::<Vec<_>>().join("\n"),
    })
}
