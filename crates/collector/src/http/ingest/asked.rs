//! `?asked=`: the ids of events about which a client asks whether they are
//! stored.

use serde::Deserialize;

use crate::http::error::ApiError;

/// Most ids in one request: each is a look-up, and the request holds a reader
/// meanwhile.
const MAX_IDS: usize = 200;

/// Longest list of ids, in bytes once unescaped.
const MAX_BYTES: usize = 8 * 1024;

/// The parameter of the query.
#[derive(Debug, Clone, Deserialize)]
pub struct AskedQuery {
    asked: Option<String>,
}

impl AskedQuery {
    /// The ids, or `None` when the client does not ask.
    ///
    /// # Errors
    /// 400 when there are more ids or bytes than a request may have.
    pub(super) fn ids(self) -> Result<Option<Vec<String>>, ApiError> {
        let Some(asked) = self.asked else {
            return Ok(None);
        };
        let ids: Vec<_> = asked
            .split(',')
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
            .collect();
        if asked.len() > MAX_BYTES || ids.len() > MAX_IDS {
            return Err(ApiError::BadRequest(format!(
                "`asked` has more than {MAX_IDS} ids or {MAX_BYTES} bytes; ask about fewer events at a time"
            )));
        }
        Ok(Some(ids))
    }
}
