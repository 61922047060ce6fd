//! `cargo xtask book`: builds `docs/` as a site with search.
//!
//! mdBook does not know files outside of its folder, and turns `README.md` into `index.html`
//! without changing links to it. So it gets a copy of the documents with adjusted links, to
//! which the API reference is added.

mod declaration;
pub mod reference;

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::command::run;
use crate::setup::cargo_tools;
use crate::workspace::{read, repository, root, target};

/// The folder with the chapters.
const DOCS: &str = "docs";

/// The list of chapters, from which mdBook finds its files.
const SUMMARY: &str = "SUMMARY.md";

/// `cargo xtask book`
pub fn task(args: &[&str]) -> Result<()> {
    if !args.is_empty() {
        bail!("book takes no arguments");
    }
    let site = build()?;
    println!("{}", site.join("index.html").display());
    Ok(())
}

/// Builds the site from scratch, and returns its folder.
///
/// # Errors
/// When mdBook has to be installed and the installation fails, or it finds no book.
pub fn build() -> Result<PathBuf> {
    let mdbook = cargo_tools::mdbook()?;
    let source = target().join("book-source");
    let site = target().join("book");
    for folder in [&source, &site] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
    }
    copy(Path::new(DOCS), &source, repository()?.as_deref())?;
    reference::write(&source)?;
    run(Command::new(mdbook)
        .arg("build")
        .arg(&source)
        .arg("--dest-dir")
        .arg(&site))?;
    Ok(site)
}

/// Copies a folder of the workspace with its contents.
fn copy(folder: &Path, to: &Path, repository: Option<&str>) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(root().join(folder))? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        if path.is_dir() {
            copy(&folder.join(&name), &to.join(&name), repository)?;
        } else if path.extension().is_some_and(|end| end == "md") && name != SUMMARY {
            let text = relinked(&read(&path)?, folder, repository);
            fs::write(to.join(&name), text)?;
        } else {
            fs::copy(path, to.join(&name))?;
        }
    }
    Ok(())
}

/// A document of a folder, with links that are valid within the site.
fn relinked(text: &str, folder: &Path, repository: Option<&str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_code = false;
    for line in text.split_inclusive('\n') {
        let is_fence = line.trim_start().starts_with("```");
        if is_code || is_fence {
            out.push_str(line);
            is_code ^= is_fence;
            continue;
        }
        let mut rest = line;
        while let Some((before, label, link, behind)) = next_link(rest) {
            out.push_str(before);
            out.push_str(&placed(label, link, folder, repository));
            rest = behind;
        }
        out.push_str(rest);
    }
    out
}

/// The first link of a line: the text before it, its label, its target, and the text after
/// it.
fn next_link(line: &str) -> Option<(&str, &str, &str, &str)> {
    let middle = line.find("](")?;
    let mut depth = 0;
    let begin = line[..=middle].rfind(|c| {
        depth += match c {
            ']' => 1,
            '[' => -1,
            _ => 0,
        };
        depth == 0 && c == '['
    })?;
    let behind = &line[middle + 2..];
    let end = behind.find(')')?;
    Some((
        &line[..begin],
        &line[begin + 1..middle],
        &behind[..end],
        &behind[end + 1..],
    ))
}

/// A link as it appears on the site. A target outside of the book becomes a link to the
/// repository, or plain text if that has no address.
fn placed(label: &str, link: &str, folder: &Path, repository: Option<&str>) -> String {
    if link.contains("://") || link.starts_with("mailto:") {
        return format!("[{label}]({link})");
    }
    let (file, fragment) = link.find('#').map_or((link, ""), |at| link.split_at(at));
    let path = normal(&folder.join(file));
    if file.is_empty() || path.starts_with(DOCS) {
        let file = match file.strip_suffix("README.md") {
            Some(before) => format!("{before}index.md"),
            None => file.to_owned(),
        };
        return format!("[{label}]({file}{fragment})");
    }
    match repository {
        Some(repository) => format!(
            "[{label}]({repository}/tree/HEAD/{}{fragment})",
            path.display()
        ),
        None => label.to_owned(),
    }
}

/// A path in the workspace, without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::Normal(name) => normal.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guide(text: &str, repository: Option<&str>) -> String {
        relinked(text, Path::new("docs/guides"), repository)
    }

    #[test]
    fn links_between_chapters_stay_and_those_to_a_readme_lead_to_the_index_made_of_it() {
        let text = "[a](b.md), [c](../d.md#e), [f](#g) and [h](https://example.com/README.md)\n";
        assert_eq!(guide(text, None), text);
        assert_eq!(
            guide("[`a`](../decisions/README.md#b)", None),
            "[`a`](../decisions/index.md#b)"
        );
    }

    #[test]
    fn what_is_not_in_the_book_is_in_the_repository_or_only_named() {
        let text = "see [an app](../../examples/vue/), [b](c.md)";
        assert_eq!(guide(text, None), "see an app, [b](c.md)");
        assert_eq!(
            guide(text, Some("https://example.com/a")),
            "see [an app](https://example.com/a/tree/HEAD/examples/vue), [b](c.md)"
        );
    }

    #[test]
    fn code_is_left_as_it_is() {
        let text = "```md\n[a](../../b)\n```\n[c](../../d)";
        assert_eq!(guide(text, None), "```md\n[a](../../b)\n```\nc");
    }
}
