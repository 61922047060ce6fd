//! The command line.

use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use clap::{Parser, Subcommand};
use serde_json::json;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{
    app,
    config::{Config, Database, LogFormat},
    keys::{self, NewSource},
    store::{
        self, Store, StoreError,
        export::{self, ExportError, Format, Wanted},
        keys as stored_keys, rebuild, streams,
    },
    usage::Span,
};

/// Receives usage events and shows usage by account.
#[derive(Debug, Parser)]
#[command(name = "natero-collector", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Receive events and answer queries until SIGTERM
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
        database: Database,
    },
    /// Write events to standard output, as they arrived
    Export {
        #[command(flatten)]
        database: Database,
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
    /// Make the usage figures anew from the events and prove that those kept
    /// agree; figures that do not are mended
    Rebuild {
        #[command(flatten)]
        database: Database,
        /// Only compare, and fail where figures differ
        #[arg(long, env = "NATERO_CHECK")]
        check: bool,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
    /// Tell how many events were made, received, missing and duplicated
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

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Create a key; it is shown this once
    Create {
        #[command(subcommand)]
        kind: CreateKey,
    },
    /// List keys, without their secrets
    List {
        #[command(flatten)]
        database: Database,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
    /// Revoke the key with this id, as `keys list` shows it
    Revoke {
        /// Such as source-1 or account-2
        id: String,
        #[command(flatten)]
        database: Database,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum CreateKey {
    /// A key pair that can only write events; safe to show in a page
    Source {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        new: NewSource,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
    /// A secret key for the Account API, usage and the dashboard
    Account {
        #[command(flatten)]
        database: Database,
        /// What the key is for, shown by `keys list`
        #[arg(long, env = "NATERO_KEY_NAME", default_value = "")]
        name: String,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The database.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A statement of a command.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Sockets and files.
    #[error("{what}: {cause}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The operating system gave no random numbers to make keys of.
    #[error("no random numbers for a key: {0}")]
    Random(#[from] getrandom::Error),
    /// A value that cannot be used.
    #[error("{0}")]
    Usage(String),
}

/// Runs one command to its end.
///
/// # Errors
/// Says what failed, in words for the terminal.
pub fn run(cli: Cli) -> Result<(), CliError> {
    match cli.command {
        Command::Serve(config) => serve(config),
        Command::Keys { command } => run_keys(command),
        Command::Backup { to, database } => run_backup(&database, &to),
        Command::Export {
            database,
            format,
            span,
            account,
            output,
        } => {
            let wanted = Wanted {
                span: Span::new(span.from, span.to),
                account_id: account,
            };
            run_export(&database, &wanted, format, output.as_deref())
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
            let conn = Store::open_for_command(&database.db)?;
            let report = streams::report(&conn, Span::new(span.from, span.to))?;
            if json {
                print(&serde_json::to_string(&report).expect("a report is plain values"));
            } else {
                print(&report.to_string());
            }
            Ok(())
        }
    }
}

fn serve(config: Config) -> Result<(), CliError> {
    // Standard output belongs to the line that says where we listen.
    let level = EnvFilter::try_from_env("NATERO_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(level)
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.with_ansi(false).init(),
        LogFormat::Json => log.json().init(),
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|cause| CliError::Io {
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
        let shutdown = app::termination().map_err(|cause| CliError::Io {
            what: "waiting for signals".into(),
            cause,
        })?;
        app::serve(config, listener, shutdown).await
    })
}

fn run_keys(command: KeysCommand) -> Result<(), CliError> {
    match command {
        KeysCommand::Create {
            kind:
                CreateKey::Source {
                    database,
                    new,
                    json,
                },
        } => {
            let pair = keys::SourceKeys::generate()?;
            let mut conn = Store::open_for_command(&database.db)?;
            let id = stored_keys::insert_source(&mut conn, &pair, &new)?;
            if json {
                print(
                    &json!({ "auth_key": pair.auth_key, "api_key": pair.api_key, "id": id })
                        .to_string(),
                );
            } else {
                print(&format!(
                    "{id}\nauth key: {}\napi key:  {}\n\nnew na(\"{}\", \"{}\")",
                    pair.auth_key, pair.api_key, pair.api_key, pair.auth_key
                ));
            }
        }
        KeysCommand::Create {
            kind:
                CreateKey::Account {
                    database,
                    name,
                    json,
                },
        } => {
            let key = keys::account_key()?;
            let mut conn = Store::open_for_command(&database.db)?;
            let id = stored_keys::insert_account_key(&mut conn, &key, &name)?;
            if json {
                print(&json!({ "account_key": key, "id": id }).to_string());
            } else {
                print(&format!("{id}\naccount key: {key}"));
            }
        }
        KeysCommand::List { database, json } => {
            let conn = Store::open_for_command(&database.db)?;
            let keys = stored_keys::list(&conn)?;
            if json {
                print(&serde_json::to_string(&keys).expect("keys are plain values"));
            } else {
                for key in keys {
                    print(&key.to_string());
                }
            }
        }
        KeysCommand::Revoke { id, database, json } => {
            let mut conn = Store::open_for_command(&database.db)?;
            if !stored_keys::revoke(&mut conn, &id)? {
                return Err(CliError::Usage(format!(
                    "no living key {id:?}; `natero-collector keys list` shows the ids"
                )));
            }
            if json {
                print(&json!({ "revoked": id }).to_string());
            } else {
                print(&format!("{id} is revoked"));
            }
        }
    }
    Ok(())
}

fn run_backup(database: &Database, to: &Path) -> Result<(), CliError> {
    if to.exists() {
        return Err(CliError::Usage(format!(
            "{} exists already; name a new file",
            to.display()
        )));
    }
    let conn = Store::open_for_command(&database.db)?;
    store::backup(&conn, to)?;
    let io = |cause| CliError::Io {
        what: format!("flushing {}", to.display()),
        cause,
    };
    File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(io)?;
    print(&format!("{} is a copy of the database", to.display()));
    Ok(())
}

fn run_export(
    database: &Database,
    wanted: &Wanted,
    format: Format,
    output: Option<&Path>,
) -> Result<(), CliError> {
    let conn = Store::open_for_command(&database.db)?;
    let exported = match output {
        None => export::export(&conn, wanted, format, std::io::stdout().lock()),
        Some(path) => {
            let file = File::create(path).map_err(|cause| CliError::Io {
                what: format!("creating {}", path.display()),
                cause,
            })?;
            export::export(&conn, wanted, format, file)
        }
    };
    match exported {
        // Whoever read has enough.
        Err(ExportError::Io(cause)) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(cause) => Err(CliError::Usage(format!("export broke off: {cause}"))),
        Ok(count) => {
            eprintln!("{count} events");
            Ok(())
        }
    }
}

fn run_rebuild(database: &Database, check: bool, json: bool) -> Result<(), CliError> {
    let mut conn = Store::open_for_command(&database.db)?;
    let rebuilt = rebuild::rebuild(&mut conn, !check)?;
    if json {
        print(&serde_json::to_string(&rebuilt).expect("a report is plain values"));
    } else {
        print(&format!(
            "{} events of {} accounts make {} facts; {} accounts differed",
            rebuilt.events,
            rebuilt.accounts,
            rebuilt.facts,
            rebuilt.differing.len()
        ));
    }
    if check && !rebuilt.differing.is_empty() {
        return Err(CliError::Usage(format!(
            "the figures of {} differ from the events; run `natero-collector rebuild` to mend them",
            rebuilt.differing.join(", ")
        )));
    }
    Ok(())
}

/// Like `println!`, but a reader that has gone away (`| head`) is no panic.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
