//! What an operation returns.

use std::pin::Pin;

use super::error::StoreError;

/// The answer to an operation, once it is there. It is boxed, so that a store can be
/// chosen when the program starts.
pub type Answer<'a, T> = Done<'a, Result<T, StoreError>>;

/// What an operation returns that cannot fail.
pub type Done<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
