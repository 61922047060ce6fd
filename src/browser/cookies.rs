//! `document.cookie`. Sandboxed frames and blocked cookies make it throw.

use super::document;

pub(crate) fn cookies() -> String {
    document()
        .and_then(|document| document.cookie().ok())
        .unwrap_or_default()
}

pub(crate) fn set_cookie(assignment: &str) {
    if let Some(document) = document() {
        // Without cookies the session lives as long as the page.
        let _ = document.set_cookie(assignment);
    }
}
