//! The site that is built from the documents: every link must lead somewhere, and every
//! exported name of the package must have its section.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Bench;
use super::count::Count;
use crate::book;
use crate::book::reference::{ENTRIES, FOLDER, chapter, declarations_of_package};
use crate::workspace::{read, root};

/// Each page counts as one test.
pub fn suite(_: &Bench) -> Result<Count> {
    let site = book::build()?;
    let mut count = Count::default();
    for page in pages(&site)? {
        let text = read(&page)?;
        let missing: Vec<_> = links(&text)
            .filter(|link| !page.with_file_name(link).exists())
            .collect();
        for link in &missing {
            eprintln!("error: {} leads to {link}", page.display());
        }
        count.add(Count::one(missing.is_empty()));
    }
    count.add(reference(&site)?);
    Ok(count)
}

/// Every exported name of an entry must have a section in the entry's chapter. Each entry
/// counts as one test.
fn reference(site: &Path) -> Result<Count> {
    let types = declarations_of_package()?;
    let manifest: Value = serde_json::from_str(&read(&root().join("pkg-template/package.json"))?)?;
    let exports = manifest["exports"].as_object().context("no exports")?;
    let mut count = Count::default();
    for target in exports.values() {
        // Excluded are scripts that set a global, and the entry with the same exports as
        // another.
        let Some(file) = target["types"]
            .as_str()
            .map(|file| file.trim_matches(['.', '/']))
        else {
            continue;
        };
        let text = read(&types.join(file))?;
        let names = exported(&text);
        let entry = file.trim_end_matches(".d.ts");
        let known = ENTRIES.iter().find(|(name, ..)| *name == entry);
        let chapter = known.map_or(Ok(String::new()), |(name, ..)| {
            read(&site.join(FOLDER).join(format!("{}.html", chapter(name))))
        })?;
        let missing: Vec<_> = names
            .iter()
            .filter(|name| !chapter.contains(&format!("id=\"{}\"", name.to_lowercase())))
            .collect();
        for name in &missing {
            eprintln!("error: the reference has no {name} of {file}");
        }
        count.add(Count::one(missing.is_empty()));
    }
    Ok(count)
}

/// The names that a declaration file itself exports.
fn exported(text: &str) -> Vec<&str> {
    let kinds = ["class", "interface", "type", "function", "const"];
    text.lines()
        .filter_map(|line| line.strip_prefix("export "))
        .map(|rest| rest.strip_prefix("declare ").unwrap_or(rest))
        .filter_map(|rest| rest.split_once(' '))
        .filter(|(kind, _)| kinds.contains(kind))
        .filter_map(|(_, rest)| {
            rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(pages(&path)?);
        } else if path.extension().is_some_and(|end| end == "html") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The addresses within the site to which the elements of a page refer, without fragments.
fn links(text: &str) -> impl Iterator<Item = &str> {
    // In code on a page, `<` is escaped, so that an example of a link is not taken for a
    // link.
    text.split('<')
        .filter_map(|element| element.split_once('>'))
        .filter_map(|(tag, _)| {
            let (_, rest) = tag
                .split_once(" href=\"")
                .or_else(|| tag.split_once(" src=\""))?;
            Some(rest.split_once('"')?.0)
        })
        .filter(|link| !link.contains(':'))
        .filter_map(|link| link.split(['#', '?']).next())
        .filter(|file| !file.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{exported, links};

    #[test]
    fn exported_names_are_found_and_others_left_out() {
        let text = "export type A = 1;\nexport declare class na<B> {}\ntype C = 2;\nexport default na;\nexport {};\n\
                    export * from \"./d.js\";\nexport declare function e(): void;\n";
        assert_eq!(exported(text), ["A", "na", "e"]);
    }

    #[test]
    fn links_of_elements_are_found_and_those_in_code_and_to_the_web_left_out() {
        let page = "<a class=\"a\" href=\"b/c.html#d\">e</a><script src=\"f.js\"></script>\
                    <a href=\"https://example.com\">g</a><a href=\"#h\">i</a>\
                    <code>&lt;script src=\"j.js\"&gt;</code>";
        assert_eq!(links(page).collect::<Vec<_>>(), ["b/c.html", "f.js"]);
    }
}
