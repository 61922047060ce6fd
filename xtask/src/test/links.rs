//! Checks the targets of links in documents: files and their headings, and the files that
//! documents name.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::count::Count;
use crate::workspace::{read, root};

/// Folders without documents of ours.
const NOT_OURS: [&str; 4] = [".git", "node_modules", "pkg", "target"];

/// Documents that describe the present, so every file that they name must exist. Decision
/// records may name files that were removed.
const PRESENT: [&str; 4] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "bench/README.md",
];

/// The folder whose documents all describe the present, except [`RECORDS`].
const BOOK: &str = "docs";

/// The folder of the decision records.
const RECORDS: &str = "docs/decisions";

/// Prefixes of paths that exist only after a run.
const MADE: [&str; 4] = ["target/", "pkg/", "fuzz/artifacts", "fuzz/corpus"];

/// Each document counts as one test.
pub fn check() -> Result<Count> {
    let mut count = Count::default();
    for document in documents(&root())? {
        let text = read(&document)?;
        let mut missing: Vec<_> = links(&text)
            .filter(|link| !leads_on(&document, link))
            .collect();
        if describes_present(&document) {
            missing.extend(paths(&text).filter(|path| !root().join(path).exists()));
        }
        for target in &missing {
            let document = document.display();
            eprintln!("error: {document} names {target}, which is not there");
        }
        count.add(Count::one(missing.is_empty()));
    }
    Ok(count)
}

fn describes_present(document: &Path) -> bool {
    let is_of_book = document.starts_with(root().join(BOOK));
    let is_record = document.starts_with(root().join(RECORDS));
    (is_of_book && !is_record) || PRESENT.iter().any(|name| root().join(name) == document)
}

/// The documents in a folder and its subfolders.
pub fn documents(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && !NOT_OURS.iter().any(|other| *other == name) {
            found.extend(documents(&path)?);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The targets of Markdown links, except links to the web.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
}

/// Whether a link of a document leads to an existing file, and to an existing heading in it.
fn leads_on(document: &Path, link: &str) -> bool {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => document.to_owned(),
        _ => document.with_file_name(file),
    };
    let is_heading =
        || read(&target).is_ok_and(|text| headings(&text).any(|anchor| anchor == heading));
    target.exists() && (heading.is_empty() || is_heading())
}

/// The anchors of the headings of a document.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let prose = text.split("```").step_by(2);
    let lines = prose
        .flat_map(str::lines)
        .filter(|line| line.starts_with('#'));
    lines.map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let letters = words.chars().filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            _ => letter.is_alphanumeric().then_some(letter),
        });
        letters.collect()
    })
}

/// Texts between backticks that look like paths, relative to the root of the workspace, of
/// something that always exists.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    prose
        .flat_map(|part| part.split('`').skip(1).step_by(2))
        .filter(|span| is_path(span))
}

fn is_path(span: &str) -> bool {
    let names_only = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    // A name such as `seeds/TARGET` is a placeholder.
    let is_placeholder =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase());
    let Some((first, _)) = span.split_once('/') else {
        return false;
    };
    span.chars().all(names_only)
        && !first.is_empty()
        && root().join(first).is_dir()
        && !span.split('/').any(is_placeholder)
        && !MADE.iter().any(|begin| span.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_files_are_found_and_those_to_the_web_left_out() {
        let text = "[a](docs/a.md#why), [b](https://example.com/b.md) and [c](#below)";
        let found: Vec<_> = links(text).collect();
        assert_eq!(found, ["docs/a.md#why", "#below"]);
    }

    #[test]
    fn headings_are_called_by_their_letters_and_code_has_none() {
        let text = "# What is `kept`, and why\n```sh\n# a comment\n```\n## Nothing arrives!\n";
        let found: Vec<_> = headings(text).collect();
        assert_eq!(found, ["what-is-kept-and-why", "nothing-arrives"]);
    }

    #[test]
    fn a_link_leads_to_a_file_and_to_a_heading_of_it() {
        let document = root().join("docs/README.md");
        assert!(leads_on(&document, "guides/loading.md"));
        assert!(leads_on(&document, "guides/loading.md#the-snippet"));
        assert!(leads_on(&document, "#natero-wasm"));
        assert!(!leads_on(&document, "guides/gone.md"));
        assert!(!leads_on(&document, "guides/loading.md#gone"));
    }

    #[test]
    fn every_document_of_the_book_is_a_chapter() {
        let book = root().join(BOOK);
        let summary = book.join("SUMMARY.md");
        let text = read(&summary).expect("readable");
        let chapters: Vec<_> = links(&text).map(|link| book.join(link)).collect();
        let mut missing = documents(&book).expect("readable");
        missing.retain(|path| *path != summary && !chapters.contains(path));
        assert_eq!(missing, <[PathBuf; 0]>::default(), "SUMMARY.md lacks them");
    }

    #[test]
    fn paths_are_told_from_code_placeholders_and_what_a_run_makes() {
        let text = "`xtask/src/` and `xtask/gone.rs`, `a / b`, `application/json`, \
                    `fuzz/seeds/TARGET`, `target/bench.json`\n```sh\n`xtask/sh`\n```\n";
        let found: Vec<_> = paths(text).collect();
        assert_eq!(found, ["xtask/src/", "xtask/gone.rs"]);
    }

    #[test]
    fn every_record_of_a_decision_is_listed_under_its_number() {
        let folder = root().join("docs/decisions");
        let index = read(&folder.join("README.md")).expect("readable");
        let mut records = documents(&folder).expect("readable");
        records.retain(|path| !path.ends_with("README.md"));
        for (at, record) in records.iter().enumerate() {
            let name = record.file_name().and_then(|name| name.to_str());
            let name = name.expect("a name of ASCII");
            let number = format!("{:04}", at + 1);
            assert!(
                name.starts_with(&number),
                "{name} takes a number twice or leaves one out"
            );
            let title = read(record).expect("readable");
            let title = title
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("# "));
            let title = title.and_then(|title| title.split_once(". "));
            let (told, title) = title.expect("# NUMBER. TITLE");
            assert_eq!(told, number, "{name}");
            let entry = format!("[{number}]({name}) {title} |");
            assert!(index.contains(&entry), "the index lacks: {entry}");
        }
        assert!(records.len() > 20, "the records were not found");
    }
}
