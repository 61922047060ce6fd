//! Sends a request by `XMLHttpRequest`, when `fetch` does not reveal the outcome.

use wasm_bindgen::prelude::*;

use super::{
    Posting,
    answer::{Outcome, outcome_of},
};
use crate::{
    browser::{
        address,
        executor::JsFuture,
        listener::TargetListener,
        page::{self, member},
    },
    error::UnreachableCause,
};

/// A request by `XMLHttpRequest`.
pub(super) struct Xhr {
    url: String,
    request: JsValue,
    end: JsFuture,
    _ended: TargetListener,
    _aborted: Option<TargetListener>,
}

impl Xhr {
    pub fn begin(posting: &Posting) -> Result<Xhr, JsValue> {
        let request = page::construct("XMLHttpRequest", &[])?;
        let end = JsFuture::default();
        let ended_future = end.clone();
        let ended = TargetListener::own(&request, &["loadend"], move |event| {
            ended_future.settle(Ok(event.clone()));
        });
        let aborted = posting.abort.as_ref().map(|abort| {
            let request = request.clone();
            TargetListener::own(&abort.signal(), &["abort"], move |_| {
                let _ = page::call(&request, "abort", &[]);
            })
        });
        let (url, body) = (posting.url.as_str(), posting.body.as_str());
        page::call(&request, "open", &["POST".into(), url.into()])?;
        page::call(&request, "send", &[body.into()])?;
        Ok(Xhr {
            url: posting.url.clone(),
            request,
            end,
            _ended: ended,
            _aborted: aborted,
        })
    }

    /// Waits for the outcome.
    pub async fn ended(self) -> Outcome {
        let _ = self.end.await;
        let status = member(&self.request, "status").as_f64().unwrap_or(0.0) as u16;
        if status == 0 {
            return Outcome::Unanswered;
        }
        let text = member(&self.request, "responseText").as_string();
        // `XMLHttpRequest` follows redirects by itself, so the answer may come from
        // another server.
        let answered_by = member(&self.request, "responseURL").as_string();
        let is_other =
            |requested: String| answered_by.is_some_and(|it| !it.is_empty() && it != requested);
        if address::normalised(&self.url).is_some_and(is_other) {
            return Outcome::Blocked(UnreachableCause::Redirect);
        }
        let header = |name: &str| {
            let header = page::call(&self.request, "getResponseHeader", &[name.into()]);
            header.ok()?.as_string()
        };
        outcome_of(status, &text.unwrap_or_default(), &header)
    }
}
