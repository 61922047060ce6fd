//! The latest events, with the names of their accounts and users.

use std::collections::HashMap;

use serde_json::Value;

use crate::store::{
    latest_events::{NamedEvent, NamedEvents, NamedEventsQuestion},
    scaled::{
        account_rows, accounts,
        failure::Result,
        latest::{self, LatestSearch},
        postgres::Tx,
        users,
        visible::VisibleAccounts,
    },
};

/// Reads the events that a question selects.
pub(in crate::store::scaled) async fn read(
    tx: &Tx<'_>,
    within: VisibleAccounts,
    question: &NamedEventsQuestion,
) -> Result<NamedEvents> {
    let (newest, reach) = latest::newest(tx, question.reach).await?;
    let searched = LatestSearch {
        after: question.after.max(reach).unwrap_or(0),
        account_id: question.account_id.as_deref(),
        text: question.text.as_deref(),
        limit: question.limit,
    };
    let found = latest::search(tx, &searched).await?;
    let mut names = Names {
        within,
        accounts: HashMap::new(),
        users: HashMap::new(),
    };
    let mut events = Vec::with_capacity(found.len());
    for event in found {
        events.push(names.add_to(tx, event).await?);
    }
    Ok(NamedEvents {
        events,
        // Events of other accounts were searched, too, so the position is that of all events.
        last: question.after.max(newest),
    })
}

/// Reads the events that a question selects; `None` for a caller with limited visibility who names
/// no visible account.
pub(in crate::store::scaled) async fn read_visible(
    tx: &Tx<'_>,
    question: &NamedEventsQuestion,
) -> Result<Option<NamedEvents>> {
    let within = VisibleAccounts::find(tx, &question.within).await?;
    if within != VisibleAccounts::All {
        let account = match &question.account_id {
            None => None,
            Some(id) => account_rows::find_no(tx, id).await?,
        };
        let is_seen = match account {
            None => false,
            Some(account) => within.see(tx, account).await?,
        };
        if !is_seen {
            return Ok(None);
        }
    }
    Ok(Some(read(tx, within, question).await?))
}

/// The names of accounts and users, each looked up once.
struct Names {
    within: VisibleAccounts,
    accounts: HashMap<String, String>,
    users: HashMap<String, Option<String>>,
}

impl Names {
    async fn add_to(&mut self, tx: &Tx<'_>, event: Value) -> Result<NamedEvent> {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let (account, user) = (text("account_id"), text("user_id"));
        let named = self.user(tx, &user).await?;
        Ok(NamedEvent {
            account: self.account(tx, account).await?,
            is_user_visible: named.is_some(),
            user: named.unwrap_or(user),
            event,
        })
    }

    async fn account(&mut self, tx: &Tx<'_>, id: String) -> Result<String> {
        if let Some(name) = self.accounts.get(&id) {
            return Ok(name.clone());
        }
        let account = accounts::find(tx, &id).await?;
        let name = account.and_then(|account| account.name);
        let name = name.unwrap_or_else(|| id.clone());
        self.accounts.insert(id, name.clone());
        Ok(name)
    }

    /// The name of a user; `None` for one whom the caller may not see.
    async fn user(&mut self, tx: &Tx<'_>, id: &str) -> Result<Option<String>> {
        if let Some(name) = self.users.get(id) {
            return Ok(name.clone());
        }
        let mut name = None;
        if let Some(user) = users::find(tx, id).await?
            && let Some(home) = account_rows::find_no(tx, &user.account_id).await?
            && self.within.see(tx, home).await?
        {
            name = Some(user.title());
        }
        self.users.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}
