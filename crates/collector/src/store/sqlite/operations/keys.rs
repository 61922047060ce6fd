//! Keys, and dashboard sessions of signed-in people.

use std::future::ready;

use crate::{
    model::keys::KeyId,
    store::{
        answer::Answer,
        keys::{Reader, Source},
        operations::KeyOperations,
        rates::SharedRates,
        sessions::{NewSession, OpenSession},
        sqlite::{SqliteStore, dashboard_sessions, keys, mutex::lock, visible::VisibleAccounts},
    },
};

impl KeyOperations for SqliteStore {
    fn source<'a>(&'a self, auth_key: &'a str, api_key: &'a str) -> Answer<'a, Option<Source>> {
        Box::pin(ready(self.read_now(|conn| {
            lock(self.known_sources()).find(conn, auth_key, api_key)
        })))
    }

    fn account_key<'a>(&'a self, key: &'a str) -> Answer<'a, Option<KeyId>> {
        Box::pin(ready(
            self.read_now(|conn| keys::find_account_key(conn, key)),
        ))
    }

    fn reader<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Reader>> {
        Box::pin(ready(self.read_now(|conn| {
            let reader = keys::find_reader(conn, key)?;
            sees_anything(conn, reader)
        })))
    }

    fn session<'a>(&'a self, id: &'a str, now: i64) -> Answer<'a, Option<OpenSession>> {
        Box::pin(ready(self.read_now(|conn| {
            let Some(found) = dashboard_sessions::find(conn, id, now)? else {
                return Ok(None);
            };
            let reader = keys::find_reader_by_id(conn, found.key)?;
            Ok(sees_anything(conn, reader)?.map(|reader| OpenSession {
                reader,
                is_stale: found.is_stale,
            }))
        })))
    }

    fn shared_rates(&self) -> Option<&dyn SharedRates> {
        None
    }

    fn begin_session(&self, session: NewSession, now: i64) -> Answer<'_, ()> {
        Box::pin(self.write(move |tx| {
            for previous in &session.previous {
                dashboard_sessions::end(tx, previous)?;
            }
            dashboard_sessions::begin(tx, &session.id, session.key, now)
        }))
    }

    fn touch_session(&self, id: String, now: i64) -> Answer<'_, ()> {
        Box::pin(self.write(move |tx| dashboard_sessions::touch(tx, &id, now)))
    }

    fn end_session(&self, id: String) -> Answer<'_, ()> {
        Box::pin(self.write(move |tx| dashboard_sessions::end(tx, &id)))
    }
}

/// The reader, unless the account to which it is limited no longer exists.
fn sees_anything(
    conn: &rusqlite::Connection,
    reader: Option<Reader>,
) -> rusqlite::Result<Option<Reader>> {
    let Some(reader) = reader else {
        return Ok(None);
    };
    let within = VisibleAccounts::find(conn, &reader.within)?;
    Ok((within != VisibleAccounts::Nothing).then_some(reader))
}
