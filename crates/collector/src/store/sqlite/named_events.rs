//! The latest events, with the names of their accounts and users.

use std::collections::HashMap;

use rusqlite::Connection;
use serde_json::Value;

use super::{
    account_rows, accounts, events, export, rows::EventRow, users, visible::VisibleAccounts,
};
use crate::{
    model::usage::Span,
    store::{
        export::EventFilter,
        latest_events::{NamedEvent, NamedEvents, NamedEventsQuestion},
    },
};

/// Reads the events that a question selects.
pub(super) fn read(
    conn: &Connection,
    within: VisibleAccounts,
    question: NamedEventsQuestion,
) -> rusqlite::Result<NamedEvents> {
    let newest = events::last(conn)?;
    let reach = newest.and_then(|newest| EventRow::from_number(newest.number() - question.reach));
    let after = question.after.and_then(EventRow::from_number);
    let filter = EventFilter {
        span: Span::ALL,
        account_id: question.account_id,
    };
    let (events, last) = export::latest(
        conn,
        &filter,
        question.text.as_deref(),
        after.max(reach),
        question.limit,
    )?;
    let mut names = Names {
        conn,
        within,
        accounts: HashMap::new(),
        users: HashMap::new(),
    };
    let events = events
        .into_iter()
        .map(|event| names.add_to(event))
        .collect::<rusqlite::Result<_>>()?;
    Ok(NamedEvents {
        events,
        // Events of other accounts were searched, too, so the position is that of all events.
        last: last.max(newest).map(EventRow::number),
    })
}

/// Reads the events that a question selects; `None` for a caller with limited visibility who names
/// no visible account.
pub(super) fn read_visible(
    conn: &Connection,
    question: NamedEventsQuestion,
) -> rusqlite::Result<Option<NamedEvents>> {
    let within = VisibleAccounts::find(conn, &question.within)?;
    if within != VisibleAccounts::All {
        let account = match &question.account_id {
            None => None,
            Some(id) => account_rows::find_row(conn, id)?,
        };
        let is_seen = match account {
            None => false,
            Some(account) => within.see(conn, account)?,
        };
        if !is_seen {
            return Ok(None);
        }
    }
    read(conn, within, question).map(Some)
}

/// The names of accounts and users, each looked up once.
struct Names<'a> {
    conn: &'a Connection,
    within: VisibleAccounts,
    accounts: HashMap<String, String>,
    users: HashMap<String, Option<String>>,
}

impl Names<'_> {
    fn add_to(&mut self, event: Value) -> rusqlite::Result<NamedEvent> {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let (account, user) = (text("account_id"), text("user_id"));
        let named = self.user(&user)?;
        Ok(NamedEvent {
            account: self.account(account)?,
            is_user_visible: named.is_some(),
            user: named.unwrap_or(user),
            event,
        })
    }

    fn account(&mut self, id: String) -> rusqlite::Result<String> {
        if let Some(name) = self.accounts.get(&id) {
            return Ok(name.clone());
        }
        let name = accounts::find(self.conn, &id)?.and_then(|account| account.name);
        let name = name.unwrap_or_else(|| id.clone());
        self.accounts.insert(id, name.clone());
        Ok(name)
    }

    /// The name of a user; `None` for one whom the caller may not see.
    fn user(&mut self, id: &str) -> rusqlite::Result<Option<String>> {
        if let Some(name) = self.users.get(id) {
            return Ok(name.clone());
        }
        let name = match users::find_with_account(self.conn, id)? {
            Some((_, account)) if self.within.see(self.conn, account)? => {
                users::find(self.conn, id)?.map(|user| user.title())
            }
            _ => None,
        };
        self.users.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}
