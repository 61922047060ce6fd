//! The parts of the package that are not code.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, root};

/// Copies the manifest, the readme, the licences and the changelog.
///
/// # Errors
/// When one is missing.
pub fn from_template(pkg: &Path) -> Result<()> {
    let template = root().join("pkg-template");
    for entry in fs::read_dir(&template).context("cannot read pkg-template/")? {
        let entry = entry?;
        fs::copy(entry.path(), pkg.join(entry.file_name()))?;
    }
    let manifest = workspace::read(&template.join("package.json"))?;
    let placeholder = r#""version": "0.0.0""#;
    if !manifest.contains(placeholder) {
        bail!(
            "pkg-template/package.json has to say {placeholder}: the version is put in from Cargo.toml"
        );
    }
    let mut lines = format!(r#""version": "{}""#, workspace::version()?);
    let repository = workspace::repository()?;
    if let Some(repository) = &repository {
        lines += &addresses(repository);
    }
    fs::write(
        pkg.join("package.json"),
        manifest.replacen(placeholder, &lines, 1),
    )?;
    let readme = workspace::read(&template.join("README.md"))?;
    fs::write(pkg.join("README.md"), shown(&readme, repository.as_deref()))?;
    fs::copy(root().join("CHANGELOG.md"), pkg.join("CHANGELOG.md"))?;
    Ok(())
}

/// The readme with its images loaded from the repository, because the package does not
/// include them. If the repository has no address, the images are removed.
fn shown(readme: &str, repository: Option<&str>) -> String {
    let mut out = String::with_capacity(readme.len());
    for line in readme.split_inclusive('\n') {
        match (line.split_once("](../"), repository) {
            (Some((label, path)), Some(repository)) if line.starts_with("![") => {
                out += &format!("{label}]({repository}/raw/HEAD/{path}");
            }
            (_, None) if line.starts_with("![") => {}
            _ => out += line,
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// The manifest fields with the addresses of the repository, to be inserted after another
/// field.
fn addresses(repository: &str) -> String {
    format!(
        ",\n  \"repository\": {{ \"type\": \"git\", \"url\": \"git+{repository}.git\" }},\n  \
         \"homepage\": \"{repository}#readme\",\n  \"bugs\": \"{repository}/issues\""
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{addresses, shown};

    #[test]
    fn a_picture_of_the_readme_is_at_the_sources_or_left_out() {
        let readme = "# A\n\n![B](../docs/images/b.png)\n\n[c](../d) e\n";
        assert_eq!(
            shown(readme, Some("https://example.com/a")),
            "# A\n\n![B](https://example.com/a/raw/HEAD/docs/images/b.png)\n\n[c](../d) e\n"
        );
        assert_eq!(shown(readme, None), "# A\n\n\n[c](../d) e\n");
    }

    #[test]
    fn a_manifest_leads_to_the_repository_its_page_and_its_issues() {
        let text = format!(
            "{{ \"version\": \"1.0.0\"{} }}",
            addresses("https://example.com/a")
        );
        let manifest: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            manifest["repository"]["url"],
            json!("git+https://example.com/a.git")
        );
        assert_eq!(manifest["homepage"], json!("https://example.com/a#readme"));
        assert_eq!(manifest["bugs"], json!("https://example.com/a/issues"));
    }
}
