//! The command line.

mod erasures;
mod error;
mod key_store;
mod keys;
pub mod migrate;
mod output;
mod restore;

use std::{
    fs::File,
    io::ErrorKind,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, parser::ValueSource};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{
    config::{ChoiceError, Config, Database, DatabaseFile, LogFormat, StoreChoice},
    model::{erasure::ErasureKind, usage::Span},
    server,
    store::{
        export::{EventFilter, ExportError, Format},
        scaled,
        sqlite::CommandFile,
    },
};
pub use error::CliError;
use keys::KeysCommand;
use output::{log, print, print_status};

/// Receives usage events and shows usage by account.
#[derive(Debug, Parser)]
#[command(name = "natero-collector", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive events and answer queries until SIGTERM, SIGINT or SIGHUP
    Serve(Config),
    /// Create, list and revoke keys
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Copy the database to a new file while it is in use
    Backup {
        /// The new file
        to: PathBuf,
        #[command(flatten)]
        database: DatabaseFile,
    },
    /// Erase a stream, an event, what a source sent, a user or an account for good:
    /// events, records and figures
    Erase {
        /// What is erased
        #[arg(value_enum)]
        kind: ErasureKind,
        /// Its id
        id: String,
        #[command(flatten)]
        database: Database,
        /// When what a source sent arrived; only of a source, which needs --from
        #[command(flatten)]
        arrived: SpanArgs,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
    /// Replace the database by a backup, without what was erased since; stop the
    /// collector first
    Restore {
        /// The backup
        from: PathBuf,
        #[command(flatten)]
        database: DatabaseFile,
    },
    /// Move a SQLite file into PostgreSQL and ClickHouse, so that all figures are the same;
    /// run it again to continue an interrupted move
    Migrate(migrate::Migrate),
    /// Write events to standard output, as they arrived
    Export {
        #[command(flatten)]
        database: DatabaseFile,
        /// How they are written
        #[arg(long, env = "NATERO_FORMAT", value_enum, default_value_t = Format::Ndjson)]
        format: Format,
        #[command(flatten)]
        span: SpanArgs,
        /// Only events of this account
        #[arg(long, env = "NATERO_ACCOUNT")]
        account: Option<String>,
        /// A file instead of standard output
        #[arg(long, env = "NATERO_OUTPUT")]
        output: Option<PathBuf>,
    },
    /// Recompute the usage figures from the events and compare them with the
    /// stored ones; figures that differ are repaired
    Rebuild {
        #[command(flatten)]
        database: DatabaseFile,
        /// Only compare, and fail where figures differ
        #[arg(long, env = "NATERO_CHECK")]
        check: bool,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
    /// Report how many events were made, received, missing and duplicated
    Loss {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        span: SpanArgs,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
}

impl Cli {
    /// Reads the arguments of this process and its environment. Prints help, and ends the process
    /// if an argument is wrong.
    ///
    /// # Errors
    /// When two flags name different places for the data.
    pub fn read() -> Result<Self, CliError> {
        let matches = Cli::command().get_matches();
        refuse_two_places(&matches)?;
        Ok(Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()))
    }
}

/// Refuses `--db` beside `--store` or its variable. `NATERO_DB` is different: it is often set for a
/// whole machine or a container, and `--store` takes precedence over it.
fn refuse_two_places(matches: &ArgMatches) -> Result<(), ChoiceError> {
    let source = |flag: &str| {
        let is_known = matches.try_contains_id(flag).is_ok();
        is_known.then(|| matches.value_source(flag)).flatten()
    };
    if source("db") == Some(ValueSource::CommandLine) && source("store").is_some() {
        return Err(ChoiceError::TwoPlaces);
    }
    match matches.subcommand() {
        Some((_, inner)) => refuse_two_places(inner),
        None => Ok(()),
    }
}

/// A span of time on the command line.
#[derive(Debug, Clone, Copy, clap::Args)]
struct SpanArgs {
    /// First ms since the Unix epoch
    #[arg(long, env = "NATERO_FROM")]
    from: Option<i64>,
    /// First ms after the span
    #[arg(long, env = "NATERO_TO")]
    to: Option<i64>,
}

/// Runs one command to its end.
///
/// # Errors
/// The error says what failed, in words for the terminal.
pub fn run(cli: Cli) -> Result<(), CliError> {
    match cli.command {
        Command::Serve(config) => serve(config),
        Command::Keys { command } => keys::run(command),
        Command::Backup { to, database } => run_backup(&database, &to),
        Command::Erase {
            kind,
            id,
            database,
            arrived,
            json,
        } => {
            let erasure = erasures::erasure(kind, id, arrived.from, arrived.to)?;
            erasures::run_erase(&database, &erasure, json)
        }
        Command::Restore { from, database } => restore::run(&database, &from),
        Command::Migrate(arguments) => migrate::run(arguments),
        Command::Export {
            database,
            format,
            span,
            account,
            output,
        } => {
            let filter = EventFilter {
                span: Span::new(span.from, span.to)?,
                account_id: account,
            };
            run_export(&database, &filter, format, output.as_deref())
        }
        Command::Rebuild {
            database,
            check,
            json,
        } => run_rebuild(&database, check, json),
        Command::Loss {
            database,
            span,
            json,
        } => {
            let span = Span::new(span.from, span.to)?;
            let report = match database.choice()? {
                StoreChoice::Sqlite(file) => CommandFile::open(&file)?.loss(span)?,
                StoreChoice::Scaled(address) => scaled::loss(&address.postgres, span)?,
            };
            if json {
                print(&serde_json::to_string(&report).expect("a report is plain values"))
            } else {
                print(&report.to_string())
            }
        }
    }
}

fn serve(config: Config) -> Result<(), CliError> {
    // Standard output is reserved for the line that announces the address.
    let level = EnvFilter::try_from_env("NATERO_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // The HTTP client logs addresses and headers, which hold secrets of receivers.
    let level = ["ureq=off", "ureq_proto=off", "rustls=off", scaled::LOG]
        .into_iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(level, EnvFilter::add_directive);
    let log = log().with_env_filter(level);
    match config.log_format {
        LogFormat::Text => log.with_ansi(false).init(),
        LogFormat::Json => log.json().init(),
    }
    // One of the threads may wait for the disk, so there is one more than processors.
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors + 1)
        .enable_all()
        .build()
        .map_err(|cause| CliError::Io {
            what: "starting the runtime".into(),
            cause,
        })?;
    runtime.block_on(async {
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|cause| CliError::Io {
                what: format!("listening on {}", config.listen),
                cause,
            })?;
        let shutdown = server::termination().map_err(|cause| CliError::Io {
            what: "waiting for signals".into(),
            cause,
        })?;
        Ok(server::serve(config, listener, shutdown).await?)
    })
}

fn run_backup(database: &DatabaseFile, to: &Path) -> Result<(), CliError> {
    if to.exists() {
        return Err(exists(to));
    }
    let file = CommandFile::open(&database.file()?)?;
    let copy = new_file(to)?;
    let made = file.backup(to).map_err(|cause| cause.to_string());
    let flushed = made.and_then(|()| copy.sync_all().map_err(|cause| cause.to_string()));
    flushed.map_err(|cause| {
        // A part of the database must not pass for all of it, nor take what room is left.
        for part in ["", "-journal"] {
            let mut path = to.as_os_str().to_owned();
            path.push(part);
            let _ = std::fs::remove_file(path);
        }
        CliError::Usage(format!("the backup {} broke off: {cause}", to.display()))
    })?;
    print(&format!("{} is a copy of the database", to.display()))
}

/// Creates a file for a result. Nothing is overwritten: the file could be the database, what is
/// beside it, or a backup. A pipe or device may exist.
fn new_file(path: &Path) -> Result<File, CliError> {
    let is_stream = std::fs::metadata(path).is_ok_and(|existing| !existing.is_file());
    File::options()
        .write(true)
        .create_new(!is_stream)
        .open(path)
        .map_err(|cause| match cause.kind() {
            ErrorKind::AlreadyExists => exists(path),
            _ => CliError::Io {
                what: format!("creating {}", path.display()),
                cause,
            },
        })
}

fn exists(path: &Path) -> CliError {
    CliError::Usage(format!(
        "{} exists already; name a new file",
        path.display()
    ))
}

fn run_export(
    database: &DatabaseFile,
    filter: &EventFilter,
    format: Format,
    output: Option<&Path>,
) -> Result<(), CliError> {
    let file = database.file()?;
    let events = CommandFile::open(&file)?;
    if let Some(account_id) = &filter.account_id
        && !events.has_account(account_id)?
    {
        return Err(CliError::Usage(format!(
            "no account {account_id:?} in {}",
            file.display()
        )));
    }
    let exported = match output {
        None => events.export(filter, format, std::io::stdout().lock()),
        Some(path) => {
            let file = new_file(path)?;
            let exported = events.export(filter, format, file);
            if exported.is_err() && path.is_file() {
                // A part of the events must not pass for all of them.
                let _ = std::fs::remove_file(path);
            }
            exported
        }
    };
    match exported {
        // The reader closed the pipe because it has read enough, as `head` does.
        Err(ExportError::Io(cause)) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(cause) => Err(CliError::Usage(format!("export broke off: {cause}"))),
        Ok(count) => {
            print_status(&format!("{count} events"));
            Ok(())
        }
    }
}

fn run_rebuild(database: &DatabaseFile, check: bool, json: bool) -> Result<(), CliError> {
    let rebuilt = CommandFile::open(&database.file()?)?.rebuild(!check)?;
    if json {
        print(&serde_json::to_string(&rebuilt).expect("a report is plain values"))?;
    } else {
        print(&format!(
            "{} events of {} accounts make {} facts; {} accounts differed",
            rebuilt.events,
            rebuilt.accounts,
            rebuilt.facts,
            rebuilt.differing.len()
        ))?;
    }
    if check && !rebuilt.differing.is_empty() {
        return Err(CliError::Usage(format!(
            "the figures of {} differ from the events; run `natero-collector rebuild` to correct them",
            rebuilt.differing.join(", ")
        )));
    }
    Ok(())
}
