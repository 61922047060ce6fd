//! What an operation returns.

use std::pin::Pin;

use super::error::StoreError;

/// The future result of an operation. It is boxed, so that the store can be chosen when the program
/// starts.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// The future result of an operation that cannot fail.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
