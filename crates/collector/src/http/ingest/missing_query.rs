//! `?asked=`: ids of events, for each of which a client asks whether it is stored.

use serde::Deserialize;

use crate::http::error::ApiError;

/// Most ids in one request: each needs a lookup, and the request occupies a reader meanwhile.
const MAX_IDS: usize = 200;

/// Maximum length of the list of ids, in bytes after percent-decoding.
const MAX_BYTES: usize = 8 * 1024;

/// The parameter of the query.
#[derive(Debug, Clone, Deserialize)]
pub struct MissingQuery {
    asked: Option<String>,
}

impl MissingQuery {
    /// The ids, or `None` when the client asks for none.
    ///
    /// # Errors
    /// 400 when there are too many ids or bytes.
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
