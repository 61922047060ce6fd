//! Checks rules.

use rusqlite::Connection;
use serde::Serialize;

use crate::{
    http::{error::ApiError, state::App},
    model::webhook::new_message_id,
    store::sqlite::alerts::{
        evaluation,
        found::{self, Changes, MESSAGE_ALERTS},
        rules,
    },
};

/// Rules are checked every hour.
const INTERVAL_MS: i64 = 3_600_000;

/// What a check changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Number of rules.
    pub rules: usize,
    /// Number of alerts that began.
    pub began: usize,
    /// Number of alerts that no longer hold.
    pub ended: usize,
}

/// Checks all rules.
///
/// # Errors
/// When the store fails.
pub async fn check_all(app: &App, now: i64) -> Result<Checked, ApiError> {
    check(app, now, |conn| {
        Ok(rules::list(conn)?.into_iter().map(|rule| rule.id).collect())
    })
    .await
}

/// Checks the rules that were not checked for an hour.
///
/// # Errors
/// When the store fails.
pub async fn check_due(app: &App, now: i64) -> Result<Checked, ApiError> {
    check(app, now, move |conn| {
        rules::due(conn, now.saturating_sub(INTERVAL_MS))
    })
    .await
}

/// Checks one rule.
///
/// # Errors
/// When the store fails.
pub async fn check_rule(app: &App, rule: i64, now: i64) -> Result<Checked, ApiError> {
    check(app, now, move |_| Ok(vec![rule])).await
}

async fn check(
    app: &App,
    now: i64,
    which: impl FnOnce(&Connection) -> rusqlite::Result<Vec<i64>> + Send + 'static,
) -> Result<Checked, ApiError> {
    let mut checked = Checked::default();
    for rule in app.store.read(which).await? {
        let Changes { began, ended } = read_changes(app, rule, now).await?;
        checked.rules += 1;
        checked.ended += ended.len();
        for ended in ended.chunks(MESSAGE_ALERTS) {
            let ended = ended.to_vec();
            app.store
                .write_weighing(ended.len(), move |tx| found::end(tx, &ended, now))
                .await?;
        }
        for began in began.chunks(MESSAGE_ALERTS) {
            let message_id = new_message_id().map_err(|cause| {
                tracing::error!(%cause, "no random numbers for the id of a message");
                ApiError::Internal
            })?;
            let began = began.to_vec();
            checked.began += app
                .store
                .write_weighing(began.len(), move |tx| {
                    found::begin(tx, rule, &began, &message_id, now)
                })
                .await?;
        }
        app.store
            .write(move |tx| {
                found::forget_old(tx, now)?;
                rules::set_checked(tx, rule, now)
            })
            .await?;
    }
    if checked.began > 0 {
        app.alerts_waiting.notify_one();
    }
    Ok(checked)
}

async fn read_changes(app: &App, rule: i64, now: i64) -> Result<Changes, ApiError> {
    let zone = app.config.timezone.clone();
    let changes = app.store.read(move |conn| {
        let Some(stored) = rules::find(conn, rule)? else {
            return Ok(Changes::default());
        };
        let hits = evaluation::evaluate(conn, &stored, &zone, now)?;
        found::changes(conn, rule, hits)
    });
    Ok(changes.await?)
}
