//! `natero-collector keys`: creates, lists and revokes keys.

use clap::Subcommand;
use serde_json::json;

use super::{
    error::CliError,
    key_store::KeyStore,
    output::{print, print_all},
};
use crate::{
    clock::now_ms,
    config::Database,
    model::{
        keys::{NewSource, SourceKeys, generate_account_key, generate_viewer_key},
        origin::Origin,
    },
    server::is_discarded,
};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
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
        /// Such as source-1, account-2 or viewer-3
        id: String,
        #[command(flatten)]
        database: Database,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum CreateKey {
    /// A key pair that can only write events; safe to show in a page
    Source {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        new: NewSourceArgs,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
    /// A secret key that looks at the dashboard and usage, and changes nothing
    Viewer {
        #[command(flatten)]
        database: Database,
        /// What the key is for, shown by `keys list`
        #[arg(long, env = "NATERO_KEY_NAME", default_value = "", value_parser = key_name)]
        name: String,
        /// Id of the only account that it sees, with what is below; without it, all
        #[arg(long, env = "NATERO_KEY_ACCOUNT")]
        account: Option<String>,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
    /// A secret key for the Account API, usage and the dashboard
    Account {
        #[command(flatten)]
        database: Database,
        /// What the key is for, shown by `keys list`
        #[arg(long, env = "NATERO_KEY_NAME", default_value = "", value_parser = key_name)]
        name: String,
        /// Print JSON
        #[arg(long, env = "NATERO_JSON")]
        json: bool,
    },
}

/// The settings of a new source.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct NewSourceArgs {
    /// What the source is for, shown by `keys list`
    #[arg(long, env = "NATERO_KEY_NAME", default_value = "", value_parser = key_name)]
    name: String,
    /// The source is one of our own servers: what its events say about accounts replaces what is known
    #[arg(long, env = "NATERO_SOURCE_TRUSTED")]
    trusted: bool,
    /// Events of the source may set the parent of an account that has none yet
    #[arg(long, env = "NATERO_SOURCE_ALLOW_HIERARCHY")]
    allow_hierarchy: bool,
    /// Origin from which pages may use the source, such as `https://app.example.com`; repeat it
    /// for several.
    /// Without it, from any
    #[arg(long = "origin", env = "NATERO_SOURCE_ORIGIN", value_delimiter = ',')]
    origins: Vec<Origin>,
}

impl From<NewSourceArgs> for NewSource {
    fn from(args: NewSourceArgs) -> Self {
        NewSource {
            name: args.name,
            trusted: args.trusted,
            allow_hierarchy: args.allow_hierarchy,
            origins: args.origins.iter().map(Origin::to_string).collect(),
        }
    }
}

/// Most characters of the name of a key.
const MAX_NAME: usize = 80;

/// Reads the name of a key, which lists show on one line.
fn key_name(text: &str) -> Result<String, String> {
    if text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
        return Err(format!(
            "a name has at most {MAX_NAME} characters, and no line breaks or other control characters"
        ));
    }
    Ok(text.to_owned())
}

/// Runs a `keys` command.
pub(super) fn run(command: KeysCommand) -> Result<(), CliError> {
    match command {
        KeysCommand::Create { kind } => create(kind),
        KeysCommand::List { database, json } => {
            let stored = KeyStore::open(&database)?;
            let keys = stored.keys()?;
            if json {
                return print(&serde_json::to_string(&keys).expect("keys are plain values"));
            }
            keys.iter().try_for_each(|key| print(&key.to_string()))
        }
        KeysCommand::Revoke { id, database, json } => {
            let mut stored = KeyStore::open(&database)?;
            if !stored.revoke_key(&id, now_ms())? {
                return Err(CliError::Usage(format!(
                    "no living key {id:?}; `natero-collector keys list` shows the ids"
                )));
            }
            if json {
                print(&json!({ "revoked": id }).to_string())
            } else {
                print(&format!("{id} is revoked"))
            }
        }
    }
}

/// Creates a key, or a pair of keys, and prints it.
fn create(kind: CreateKey) -> Result<(), CliError> {
    if is_discarded() {
        return Err(CliError::Usage(
            "nobody would see the new key: standard output is closed or goes to /dev/null".into(),
        ));
    }
    match kind {
        CreateKey::Source {
            database,
            new,
            json,
        } => {
            let pair = SourceKeys::generate()?;
            let mut stored = KeyStore::open_or_create(&database)?;
            let id = stored.insert_source(&pair, &new.into(), now_ms())?;
            let shown = if json {
                json!({ "auth_key": pair.auth_key, "api_key": pair.api_key, "id": id }).to_string()
            } else {
                format!(
                    "{id}\nauth key: {}\napi key:  {}\n\nnew na(\"{}\", \"{}\")",
                    pair.auth_key, pair.api_key, pair.api_key, pair.auth_key
                )
            };
            show(&mut stored, id, &shown)
        }
        CreateKey::Account {
            database,
            name,
            json,
        } => {
            let key = generate_account_key()?;
            let mut stored = KeyStore::open_or_create(&database)?;
            let id = stored.insert_account_key(&key, &name, now_ms())?;
            let shown = if json {
                json!({ "account_key": key, "id": id }).to_string()
            } else {
                format!("{id}\naccount key: {key}")
            };
            show(&mut stored, id, &shown)
        }
        CreateKey::Viewer {
            database,
            name,
            account,
            json,
        } => {
            let key = generate_viewer_key()?;
            let mut stored = KeyStore::open_or_create(&database)?;
            if let Some(account) = &account
                && !stored.has_account(account)?
            {
                return Err(CliError::Usage(format!(
                    "no account {account:?}; give the account_id of one that is known"
                )));
            }
            let within = account.as_deref();
            let id = stored.insert_viewer_key(&key, &name, within, now_ms())?;
            let shown = if json {
                json!({ "viewer_key": key, "id": id }).to_string()
            } else {
                format!("{id}\nviewer key: {key}")
            };
            show(&mut stored, id, &shown)
        }
    }
}

/// Prints a new key with its id. A key that nobody has seen is revoked again.
fn show(stored: &mut KeyStore, id: String, shown: &str) -> Result<(), CliError> {
    let Err(cause) = print_all(shown) else {
        return Ok(());
    };
    let outcome = match stored.revoke_key(&id, now_ms()) {
        Ok(_) => "nobody has seen the key, and it is revoked".to_owned(),
        Err(failure) => format!(
            "the key could not be revoked either: {failure}. Run `natero-collector keys revoke {id}`"
        ),
    };
    Err(CliError::KeyNotShown { id, cause, outcome })
}
