//! The wire format of a usage event.
