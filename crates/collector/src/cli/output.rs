//! Standard output.

use std::io::Write;

/// Prints a line. Unlike `println!`, it does not panic when the reader has
/// closed the pipe, as `| head` does.
pub(super) fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
