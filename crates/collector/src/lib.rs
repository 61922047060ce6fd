//! Receives usage events over HTTP, stores them, and answers how each account uses a product.
//!
//! [`router::router`] is the whole HTTP surface and can be tested without a socket;
//! [`server::serve`] runs it on one. Each module may use those below it, never those above:
//!
//! ```text
//! cli
//! server
//! router          lists every address and the handler that answers it
//! dashboard       pages for people
//! http            the Account API and the Event API
//! store           what is stored, behind named operations; the SQLite file
//! config          the settings of an operator
//! model  clock  metrics
//! ```

pub mod cli;
pub mod clock;
pub mod config;
pub mod dashboard;
pub mod http;
pub mod metrics;
pub mod model;
pub mod router;
pub mod server;
pub mod store;
