//! Handlers of the Account API, of usage and loss, and of the endpoints for operators.

pub mod accounts;
pub mod alerts;
pub mod bulk;
pub mod erasures;
pub mod events;
pub mod list_query;
pub mod loss;
pub mod openapi;
pub mod operation;
pub mod parameters;
pub mod records;
pub mod records_body;
pub mod resource;
pub mod usage;
pub mod users;
