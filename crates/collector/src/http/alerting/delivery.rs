//! Sends the pending webhook messages.

use super::post::post;
use crate::http::{error::ApiError, state::App};

/// Sends every message that is due at `now`, one after the other, and returns when the next
/// one is due. The outcome of each is stored before the next is sent, so a restart loses none
/// and repeats at most one.
///
/// # Errors
/// When the store fails.
pub async fn deliver_due(app: &App, now: i64) -> Result<Option<i64>, ApiError> {
    while let Some(message) = app.store.due_message(now).await? {
        let id = message.id.clone();
        let Some(body) = message.body.clone() else {
            app.store.message_delivered(id, now).await?;
            continue;
        };
        let seconds = now.div_euclid(1000);
        let signature = message.to.secret.sign(&id, seconds, &body);
        match post(&message.to.url, &id, seconds, signature, body).await {
            Ok(()) => {
                app.store.message_delivered(id, now).await?;
            }
            Err(failure) => {
                let words = failure.to_string();
                let attempt = message.attempts + 1;
                // Neither the address nor the receiver's answer is logged: both may contain
                // secrets.
                tracing::warn!(
                    message = id,
                    attempt,
                    failure = words,
                    "alerts did not arrive"
                );
                app.store.message_failed(message, words, now).await?;
            }
        }
    }
    Ok(app.store.next_message_at().await?)
}
