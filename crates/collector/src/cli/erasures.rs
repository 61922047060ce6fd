//! The command `erase`.

use super::{error::CliError, output::print};
use crate::store::scaled;
use crate::{
    clock::now_ms,
    config::{Database, StoreChoice},
    model::{
        erasure::{Erasure, ErasureKind},
        usage::Span,
    },
    store::{removal::Erased, sqlite::CommandFile},
};

/// The erasure that the arguments describe.
pub(super) fn erasure(
    kind: ErasureKind,
    id: String,
    from: Option<i64>,
    to: Option<i64>,
) -> Result<Erasure, CliError> {
    match (kind, from, to) {
        (ErasureKind::Source, None, _) => Err(CliError::Usage(
            "--from is missing: give the first ms of arrival of what the source sent, in ms since the Unix epoch".into(),
        )),
        (ErasureKind::Source, Some(_), _) => {
            let arrived = Span::new(from, to)?.until(now_ms() + 1);
            Ok(Erasure::of_source(id, arrived))
        }
        (_, None, None) => Ok(Erasure::of(kind, id)),
        (_, _, _) => Err(CliError::Usage(format!(
            "--from and --to are of `erase source`; leave them out to erase the whole {}",
            kind.name()
        ))),
    }
}

pub(super) fn run_erase(
    database: &Database,
    erasure: &Erasure,
    json: bool,
) -> Result<(), CliError> {
    let (erased, store) = match database.choice()? {
        StoreChoice::Sqlite(file) => {
            let erased = CommandFile::open(&file)?.erase(erasure)?;
            (erased, file.display().to_string())
        }
        // The address is not repeated: it may contain a password.
        StoreChoice::Scaled(address) => (
            scaled::erase(&address.postgres, &address.clickhouse, erasure)?,
            "the database".to_owned(),
        ),
    };
    let Some(erased) = erased else {
        return Err(CliError::Usage(format!(
            "no {} {:?} in {store}",
            erasure.kind.name(),
            erasure.id,
        )));
    };
    if json {
        print(&serde_json::to_string(&erased).expect("a report is plain values"))
    } else {
        print(&format!("erased {}", in_words(erased)))
    }
}

/// What was erased, as a sentence without its subject.
pub(super) fn in_words(erased: Erased) -> String {
    let mut words = format!(
        "{} events, {} users, {} accounts",
        erased.events, erased.users, erased.accounts
    );
    if erased.users_moved > 0 {
        words += &format!(
            "; {} users belong to the account now that their other events name",
            erased.users_moved
        );
    }
    if erased.figures_kept > 0 {
        words += &format!(
            "; the figures of {} more events stay, which --keep-raw had dropped before",
            erased.figures_kept
        );
    }
    if erased.values_kept > 0 {
        words += &format!(
            "; {} accounts and users keep what these events of trusted sources said: correct them through the Account API",
            erased.values_kept
        );
    }
    if erased.keys_revoked > 0 {
        words += &format!(
            "; {} viewer keys that saw an erased account are revoked",
            erased.keys_revoked
        );
    }
    words
}
