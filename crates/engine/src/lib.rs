//! The tracker without input or output.
