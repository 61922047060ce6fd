//! Why a request is refused, and with which status.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::store::StoreError;

/// Why a request is refused. The body is always `{"error":"…"}`, and the
/// message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 400: the request cannot be read.
    #[error("{0}")]
    BadRequest(String),
    /// 401: the key is missing, unknown or revoked.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// 403: the key is valid but may not be used for this.
    #[error("{0}")]
    Forbidden(String),
    /// 404: the account, user or route does not exist.
    #[error("{0}")]
    NotFound(String),
    /// 405: the route does not support the method.
    #[error("this address does not take that method; /openapi.json lists the methods it takes")]
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    #[error(
        "the body did not arrive in time; send it again, in smaller batches if the line is slow"
    )]
    Timeout,
    /// 409: the request contradicts the stored state.
    #[error("{0}")]
    Conflict(String),
    /// 413: the body is too large.
    #[error("{0}")]
    TooLarge(String),
    /// 415: the content type or encoding is not supported.
    #[error("{0}")]
    UnsupportedMedia(String),
    /// 422: the request is well formed, and its content is invalid.
    #[error("{0}")]
    Unprocessable(String),
    /// 429: too much work is waiting.
    #[error("too much work is waiting; send again after the seconds in Retry-After")]
    Overloaded,
    /// 429: the key exceeds its request rate.
    #[error("this key asks more often than it may; send larger batches, or raise --rate-limit")]
    RateLimited,
    /// 503: the store cannot commit.
    #[error("the store cannot commit at the moment; send again after the seconds in Retry-After")]
    Unavailable,
    /// 503: the store cannot answer a query now.
    #[error(
        "questions cannot be answered at the moment: a server of the store is away or behind; ask again after the seconds in Retry-After"
    )]
    Unanswered,
    /// 503: a page of the database is damaged.
    #[error("the database is damaged; stop the collector, restore a backup and start it again")]
    Damaged,
    /// 503: the clock of this machine is wrong.
    #[error(
        "the clock of the collector stands before its newest event, key or erasure, or before 2025; set it, or start with --trust-clock if it was ahead before"
    )]
    ClockBehind,
    /// 500: the collector failed; the cause is in the log.
    #[error("the collector failed to answer; its log has the cause")]
    Internal,
}

/// Long enough for a group of batches to be committed, and short enough that a page that is
/// about to close can still retry.
const OVERLOADED_RETRY_SECONDS: u32 = 1;
/// A full disk or a locked file takes longer than a second to clear.
const UNAVAILABLE_RETRY_SECONDS: u32 = 5;

impl ApiError {
    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match self {
            ApiError::BadRequest(_) => StatusCode::BAD_REQUEST,
            ApiError::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            ApiError::Forbidden(_) => StatusCode::FORBIDDEN,
            ApiError::NotFound(_) => StatusCode::NOT_FOUND,
            ApiError::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ApiError::Timeout => StatusCode::REQUEST_TIMEOUT,
            ApiError::Conflict(_) => StatusCode::CONFLICT,
            ApiError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            ApiError::UnsupportedMedia(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ApiError::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            ApiError::Overloaded | ApiError::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            ApiError::Unavailable
            | ApiError::Unanswered
            | ApiError::Damaged
            | ApiError::ClockBehind => StatusCode::SERVICE_UNAVAILABLE,
            ApiError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The seconds after which a client may retry; `None` if a retry does not help.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        match self {
            ApiError::Overloaded | ApiError::RateLimited => Some(OVERLOADED_RETRY_SECONDS),
            ApiError::Unavailable
            | ApiError::Unanswered
            | ApiError::Damaged
            | ApiError::ClockBehind => Some(UNAVAILABLE_RETRY_SECONDS),
            _ => None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(serde_json::json!({ "error": self.to_string() }));
        let mut response = (self.status(), body).into_response();
        if let Some(seconds) = self.retry_after() {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => ApiError::Overloaded,
            StoreError::Unavailable(cause) => {
                tracing::error!(%cause, "the store cannot commit");
                ApiError::Unavailable
            }
            StoreError::Unanswered(cause) => {
                tracing::error!(%cause, "the store cannot answer");
                ApiError::Unanswered
            }
            StoreError::Damaged(cause) => {
                tracing::error!(%cause, "the database is damaged");
                ApiError::Damaged
            }
            StoreError::Failed(cause) => {
                tracing::error!(%cause, "the store failed");
                ApiError::Internal
            }
            StoreError::Closed => ApiError::Unavailable,
            other => {
                tracing::error!(cause = %other, "the store failed");
                ApiError::Internal
            }
        }
    }
}
