//! Code samples in the documents.

use std::path::Path;

use anyhow::Result;

use super::links;
use crate::workspace::{read, root};

/// A sample.
pub struct Sample {
    /// A name for the file into which it is written, from the name of its document and its
    /// position there.
    pub name: String,
    pub code: String,
}

/// The samples in a language from the book and the two readmes.
///
/// # Errors
/// When there are none, which means that the search for them is wrong.
pub fn all(language: &str) -> Result<Vec<Sample>> {
    let mut documents = links::documents(&root().join("docs"))?;
    documents.extend(["README.md", "pkg-template/README.md"].map(|path| root().join(path)));
    let mut found = Vec::new();
    for document in documents {
        let text = read(&document)?;
        for (line, code) in of(&text, language) {
            let name = format!("{}-{line}.{language}", plain(&document));
            let code = code.to_owned();
            found.push(Sample { name, code });
        }
    }
    anyhow::ensure!(!found.is_empty(), "there is no sample in {language}");
    Ok(found)
}

/// A path in the workspace, with only characters that any file name may have.
fn plain(document: &Path) -> String {
    let path = document.strip_prefix(root()).unwrap_or(document);
    let path = path.with_extension("").to_string_lossy().into_owned();
    path.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-")
}

/// The samples of a document, each with the number of the line on which it begins.
pub fn of<'a>(text: &'a str, language: &str) -> Vec<(usize, &'a str)> {
    let fence = format!("```{language}\n");
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&fence) {
        let begin = at + fence.len();
        let is_at_line = at == 0 || text[..at].ends_with('\n');
        if let Some(length) = text[begin..].find("\n```").filter(|_| is_at_line) {
            let line = text[..at].lines().count() + 1;
            found.push((line, &text[begin..=begin + length]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn samples_of_a_language_are_found_with_their_lines() {
        let text = "# A\n```ts\na();\n```\n```sh\nb\n```\n\n```ts\nc();\nd();\n```\n";
        assert_eq!(of(text, "ts"), [(2, "a();\n"), (9, "c();\nd();\n")]);
    }
}
