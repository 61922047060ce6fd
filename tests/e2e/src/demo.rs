//! The demo: the example, a collector, and a scripted visit, whose numbers are compared with
//! what the collector stores.

mod delivery;
mod held;
mod site;
mod usage;
mod visit;

pub use delivery::Delivery;
pub use held::Held;
pub use site::{classic_path, serve_examples};
pub use usage::usage_table;
pub use visit::visit;
