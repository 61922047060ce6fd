//! The command `restore`.

use std::path::Path;

use super::{erasures::in_words, error::CliError, output::print};
use crate::{
    config::DatabaseFile,
    store::sqlite::{
        CommandFile, DatabasePath, ExclusiveFile, Lasting,
        replacement::{self, Replaced},
    },
};

pub(super) fn run(database: &DatabaseFile, from: &Path) -> Result<(), CliError> {
    // Where the name is a link, the file that it points to is replaced.
    let db = &DatabasePath::resolve(&database.file()?)?;
    if from
        .canonicalize()
        .is_ok_and(|backup| backup == db.as_path())
    {
        return Err(CliError::Usage(format!(
            "{} is the database itself; name a backup of it",
            from.display()
        )));
    }
    let replaced = close_to_others(db)?;
    let copy =
        replacement::new_copy(db.as_path()).map_err(io(format!("removing a copy beside {db}")))?;
    let none = Lasting::default();
    let lasting = replaced.as_ref().map_or(&none, |file| &file.lasting);
    let applied = CommandFile::from_backup(from, &copy)
        .and_then(|copied| copied.apply(lasting))
        .inspect_err(|_| {
            // A copy that was not restored completely is useless.
            let _ = replacement::new_copy(db.as_path());
        })?;
    if replaced.is_none() && db.as_path().exists() {
        return Err(in_use(db));
    }
    // Until here, nobody could open the file. It is closed before it is renamed.
    drop(replaced);
    let Replaced { kept } =
        replacement::replace(db.as_path()).map_err(io(format!("replacing {db}")))?;
    print(&format!(
        "{db} is {}; erased again: {}; keys revoked again: {}, kept: {}",
        from.display(),
        in_words(applied.erased),
        applied.keys.revoked,
        applied.keys.added
    ))?;
    match kept {
        None => Ok(()),
        Some(kept) => print(&format!(
            "what it was before is {}; remove that once it is not needed: no later erasure reaches it",
            kept.display()
        )),
    }
}

/// Opens the database that is being replaced, so that nobody else can; `None` if there is none.
fn close_to_others(db: &DatabasePath) -> Result<Option<ExclusiveFile>, CliError> {
    if !db.as_path().exists() {
        return Ok(None);
    }
    let opened = CommandFile::open(db.as_path()).and_then(CommandFile::close_to_others);
    let file = opened.map_err(|cause| {
        CliError::Usage(format!(
            "what was erased from {db} and which of its keys were revoked cannot be read, so that \
             they would come back: {cause}. To restore all the same, move that file away first"
        ))
    })?;
    file.map(Some).ok_or_else(|| in_use(db))
}

fn in_use(db: &DatabasePath) -> CliError {
    CliError::Usage(format!("{db} is in use; stop the collector first"))
}

fn io(what: String) -> impl FnOnce(std::io::Error) -> CliError {
    move |cause| CliError::Io { what, cause }
}
