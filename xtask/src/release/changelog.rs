//! Checks that the changelog covers the version.

use super::{Verdict, verdict};

/// Checks that the first section of the changelog is about the version and not empty, and
/// that the package has the same text.
pub fn check(version: &str, changelog: &str, packed: &str) -> Verdict {
    let mut wrong = Vec::new();
    if changelog != packed {
        wrong.push(
            "pkg/CHANGELOG.md is not that of the repository: leave --built out, and it is made anew"
                .into(),
        );
    }
    let mut sections = changelog.split("\n## ").skip(1);
    let (heading, text) = sections
        .next()
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
        .unwrap_or_default();
    if !versions(heading).any(|found| found == version) {
        wrong.push(format!(
            "CHANGELOG.md begins with {heading:?}: begin it with a section `## {version}` and say there \
             what changed for those who use it"
        ));
    } else if !text.lines().any(|line| line.starts_with("- ")) {
        wrong.push(format!(
            "the section of {version} in CHANGELOG.md has no entry: say what changed for those who use it"
        ));
    }
    let mut holds = format!("section {heading:?}");
    if heading.contains("Unreleased") {
        holds += &format!("; on its day the heading becomes `## {version} (year-month-day)`");
    }
    verdict(holds, wrong)
}

/// The words in a heading that may be versions.
fn versions(heading: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || ".-+".contains(letter);
    heading.split(move |letter| !is_part(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(changelog: &str) -> Verdict {
        check("1.2.3", changelog, changelog)
    }

    #[test]
    fn the_section_of_the_version_is_the_first_and_has_an_entry() {
        assert!(
            of("# Changelog\n\n## 1.2.3 (2026-11-29)\n\n- New.\n\n## 1.2.2\n\n- Old.\n").is_ok()
        );
        let later = of("# Changelog\n\n## 1.2.2\n\n- Old.\n\n## 1.2.3\n\n- New.\n");
        assert!(later.expect_err("another is first")[0].contains("`## 1.2.3`"));
        let longer = of("# Changelog\n\n## 1.2.30\n\n- New.\n");
        assert!(longer.is_err(), "1.2.30 is another version");
        let empty = of("# Changelog\n\n## 1.2.3\n\nSoon.\n\n## 1.2.2\n\n- Old.\n");
        assert!(empty.expect_err("no entry")[0].contains("has no entry"));
        assert!(of("# Changelog\n").is_err());
    }

    #[test]
    fn an_unreleased_section_holds_and_asks_for_its_day() {
        let held = of("# Changelog\n\n## Unreleased (1.2.3)\n\n- New.\n").expect("it is there");
        assert!(held.contains("`## 1.2.3 (year-month-day)`"), "{held}");
    }

    #[test]
    fn the_package_carries_the_changelog_of_the_repository() {
        let text = "# Changelog\n\n## 1.2.3\n\n- New.\n";
        assert!(check("1.2.3", text, "# Changelog\n").is_err());
    }
}
