//! Names that people give to rules and views.

/// The name on one line: white space and control characters become single spaces, and surrounding
/// ones are removed.
pub fn on_one_line(name: &str) -> String {
    name.split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::on_one_line;

    #[test]
    fn a_name_stays_on_one_line() {
        assert_eq!(
            on_one_line(" Down\r\nby\t\u{7}a  third\u{2028}"),
            "Down by a third"
        );
        assert_eq!(on_one_line("\n"), "");
        assert_eq!(on_one_line("Größe 5"), "Größe 5");
    }
}
