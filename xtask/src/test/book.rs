//! The site that is made of the documents: each link of it leads somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Bench;
use super::count::Count;
use crate::book;
use crate::workspace::read;

/// Each page is one test.
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
    Ok(count)
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

/// What the elements of a page lead to within the site, without fragments.
fn links(text: &str) -> impl Iterator<Item = &str> {
    // In code a page has no `<`, so that what shows a link is none.
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
    use super::links;

    #[test]
    fn links_of_elements_are_found_and_those_in_code_and_to_the_web_left_out() {
        let page = "<a class=\"a\" href=\"b/c.html#d\">e</a><script src=\"f.js\"></script>\
                    <a href=\"https://example.com\">g</a><a href=\"#h\">i</a>\
                    <code>&lt;script src=\"j.js\"&gt;</code>";
        assert_eq!(links(page).collect::<Vec<_>>(), ["b/c.html", "f.js"]);
    }
}
