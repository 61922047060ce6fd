//! The form for the webhook receiver of alerts.

use maud::{Markup, html};

use crate::{
    dashboard::{format, view::View},
    store::alerts::{DeliveryState, Webhook},
};

/// The result of submitting an address.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The secret of a receiver that was just set.
    pub(super) secret: Option<String>,
    /// An address that was refused, and why.
    pub(super) refused: Option<(String, String)>,
}

/// Renders the receiver and the form for it.
pub(super) fn webhook_form(
    webhook: Option<&Webhook>,
    messages: &DeliveryState,
    outcome: &Outcome,
    view: &View,
) -> Markup {
    let secret = outcome.secret.as_deref();
    let refused = outcome.refused.as_ref();
    html! {
        section .card #webhook data-once[secret.is_some()] {
            h2 { "Webhook" }
            @if let Some(secret) = secret {
                div .notice role="status" {
                    p { "The webhook is set. Give its secret to the receiver; it is shown this once." }
                    p { code { (secret) } }
                }
            }
            @if let Some(webhook) = webhook {
                p .hint {
                    "Alerts that begin are posted to " code { (webhook.url.origin()) "/…" } ", signed as Standard Webhooks says. "
                    (format::count(messages.delivered, "message", "messages")) " arrived, "
                    (format::number(messages.waiting)) " wait, " (format::number(messages.given_up)) " were given up after three days."
                }
                @if let Some(error) = &messages.last_error { p { "Latest failure: " (error) "." } }
                // A second button removes, so that a single click never does: its secret does not come back.
                details .delete {
                    summary .button { "Remove the webhook" }
                    form method="post" action=(view.at("/alerts/webhook/remove")) {
                        button .button type="submit" { "Remove it for good" }
                    }
                }
            } @else {
                p .hint { "Without a webhook, alerts are only shown here." }
            }
            form .fields-form method="post" action=(view.at("/alerts/webhook")) {
                label {
                    @if webhook.is_some() { "Another address" } @else { "Address" }
                    input name="url" type="url" required maxlength="2000" placeholder="https://hooks.example.com/natero"
                        value=[refused.map(|(address, _)| address)] autofocus[refused.is_some()]
                        aria-invalid=[refused.map(|_| "true")] aria-describedby=[refused.map(|_| "url-refused")];
                    @if let Some((_, why)) = refused { span #url-refused .refused role="alert" { (why) } }
                    small { "It gets a new secret." }
                }
                div .actions { button .button type="submit" { "Set the webhook" } }
            }
        }
    }
}
