//! What can go wrong while answering a request, and the status that says so.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::store::StoreError;

/// Every way in which a request is refused. The body is always
/// `{"error":"…"}`, and the message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// 400: the request cannot be read.
    #[error("{0}")]
    BadRequest(String),
    /// 401: a key is missing, unknown or revoked.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// 403: the key is good, but not for this.
    #[error("{0}")]
    Forbidden(String),
    /// 404: no such account, user or route.
    #[error("{0}")]
    NotFound(String),
    /// 405: the route exists, the method does not.
    #[error("this address does not take that method; /openapi.json lists the methods it takes")]
    MethodNotAllowed,
    /// 408: the body did not arrive in time.
    #[error(
        "the body did not arrive in time; send it again, in smaller batches if the line is slow"
    )]
    Timeout,
    /// 409: the request contradicts what is known.
    #[error("{0}")]
    Conflict(String),
    /// 413: the body is too large.
    #[error("{0}")]
    TooLarge(String),
    /// 415: a content type or encoding that is not understood.
    #[error("{0}")]
    UnsupportedMedia(String),
    /// 422: the request is well formed, its content cannot be used.
    #[error("{0}")]
    Unprocessable(String),
    /// 429: more work waits than can be done soon.
    #[error("too much work is waiting; send again after the seconds in Retry-After")]
    Overloaded,
    /// 429: one key asks more often than it may.
    #[error("this key asks more often than it may; send larger batches, or raise --rate-limit")]
    RateLimited,
    /// 503: the store cannot commit at the moment.
    #[error("the store cannot commit at the moment; send again after the seconds in Retry-After")]
    Unavailable,
    /// 500: a fault of ours, whose cause is in the log.
    #[error("the collector failed to answer; its log has the cause")]
    Internal,
}

/// Long enough for a commit group to go through, short enough that a page
/// which is about to close still gets its second try.
const OVERLOADED_RETRY_SECONDS: u32 = 1;
/// A full disk or a locked file is not over in a second.
const UNAVAILABLE_RETRY_SECONDS: u32 = 5;

impl ApiError {
    /// The status that stands for the error.
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
            ApiError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ApiError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn retry_after(&self) -> Option<u32> {
        match self {
            ApiError::Overloaded | ApiError::RateLimited => Some(OVERLOADED_RETRY_SECONDS),
            ApiError::Unavailable => Some(UNAVAILABLE_RETRY_SECONDS),
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
            StoreError::Sqlite(cause) => {
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
