//! Writes CycloneDX 1.5 as JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::tree::{Id, Tree};

/// A product, or something that is linked into it.
#[derive(Clone, Debug)]
pub struct Component {
    /// `library` or `application`.
    pub kind: &'static str,
    pub name: String,
    pub version: String,
    /// The SPDX expression.
    pub license: Option<String>,
    pub repository: Option<String>,
    /// The SHA-256 of the archive in the registry.
    pub sha256: Option<String>,
    /// The package URL, which also identifies it within the document.
    pub purl: String,
}

impl Component {
    /// A library by its ecosystem (`cargo`, `npm`, `generic`), name and version.
    pub fn of(place: &str, name: &str, version: &str) -> Self {
        Self {
            kind: "library",
            name: name.into(),
            version: version.into(),
            license: None,
            repository: None,
            sha256: None,
            purl: format!("pkg:{place}/{name}@{}", version.replace('+', "%2B")),
        }
    }

    fn json(&self) -> Value {
        let mut json = json!({
            "type": self.kind,
            "bom-ref": self.purl,
            "name": self.name,
            "version": self.version,
            "purl": self.purl,
        });
        if let Some(license) = &self.license {
            json["licenses"] = json!([{ "expression": spdx(license) }]);
        }
        if let Some(repository) = &self.repository {
            json["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
        }
        if let Some(sha256) = &self.sha256 {
            json["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
        }
        json
    }
}

/// The document of a product. It has neither a date nor a serial number, so that the same
/// sources give the same bytes.
pub fn write(product: &Component, linked: &Tree, more: &[Component], lock: &str) -> Value {
    let checksums = checksums(lock);
    let mut product = product.clone();
    let mut components = Vec::new();
    let mut purls = BTreeMap::new();
    for (id, found) in &linked.crates {
        if *id == linked.root {
            // If the product is a crate, its licence comes from that crate.
            product.license = product.license.or_else(|| found.license.clone());
            purls.insert(id, product.purl.clone());
            continue;
        }
        let component = Component {
            license: found.license.clone(),
            repository: found.repository.clone(),
            sha256: checksums.get(id).cloned(),
            ..Component::of("cargo", &id.0, &id.1)
        };
        purls.insert(id, component.purl.clone());
        components.push(component);
    }
    let mut dependencies = BTreeMap::new();
    for (id, found) in &linked.crates {
        let below: BTreeSet<_> = found.dependencies.iter().map(|id| &purls[id]).collect();
        dependencies.insert(purls[id].clone(), json!(below));
    }
    for component in more {
        let below = dependencies.get_mut(&product.purl);
        let below = below.and_then(Value::as_array_mut);
        below
            .expect("the root is in its tree")
            .push(json!(component.purl));
        dependencies.insert(component.purl.clone(), json!([]));
        components.push(component.clone());
    }
    let dependencies = dependencies.iter();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": product.json() },
        "components": components.iter().map(Component::json).collect::<Vec<_>>(),
        "dependencies": dependencies
            .map(|(purl, below)| json!({ "ref": purl, "dependsOn": below }))
            .collect::<Vec<_>>(),
    })
}

/// Cargo once accepted `MIT/Apache-2.0` for a choice between licences.
fn spdx(license: &str) -> String {
    license.replace(" / ", "/").replace('/', " OR ")
}

/// The hashes in a Cargo.lock.
fn checksums(lock: &str) -> BTreeMap<Id, String> {
    let of_package = |package: &str| {
        let value = |key: &str| {
            let begin = format!("{key} = \"");
            let line = package.lines().find_map(|line| line.strip_prefix(&begin))?;
            Some(line.trim_end_matches('"').to_owned())
        };
        Some(((value("name")?, value("version")?), value("checksum")?))
    };
    lock.split("[[package]]").filter_map(of_package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::tree;

    const LOCK: &str = r#"version = 4

[[package]]
name = "app"
version = "1.0.0"
dependencies = [
 "left",
]

[[package]]
name = "left"
version = "2.0.0+5"
source = "registry"
checksum = "00ff"
"#;

    fn document() -> Value {
        let printed = "0app v1.0.0 (/home/ann/app)\tMIT\t\n1left v2.0.0+5\tMIT/Apache-2.0\t\n";
        let tree = tree::parse(printed).expect("a tree");
        let more = [Component::of("generic", "sqlite", "3.54.1")];
        write(&Component::of("npm", "app", "1.0.0"), &tree, &more, LOCK)
    }

    #[test]
    fn a_component_has_its_licence_as_spdx_and_the_hash_of_the_lock() {
        let left = &document()["components"][0];
        assert_eq!(left["name"], "left");
        assert_eq!(left["purl"], "pkg:cargo/left@2.0.0%2B5");
        assert_eq!(left["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(left["hashes"][0]["content"], "00ff");
    }

    #[test]
    fn the_product_is_no_component_of_itself_and_depends_on_what_it_links() {
        let document = document();
        let product = &document["metadata"]["component"];
        assert_eq!(product["purl"], "pkg:npm/app@1.0.0");
        assert_eq!(product["licenses"][0]["expression"], "MIT");
        assert_eq!(document["components"].as_array().map(Vec::len), Some(2));
        let dependencies = document["dependencies"].as_array().expect("a list");
        let below = |purl: &str| {
            let found = dependencies.iter().find(|entry| entry["ref"] == purl);
            found.expect("each has an entry")["dependsOn"].clone()
        };
        assert_eq!(
            below("pkg:npm/app@1.0.0"),
            json!(["pkg:cargo/left@2.0.0%2B5", "pkg:generic/sqlite@3.54.1"])
        );
        assert_eq!(below("pkg:generic/sqlite@3.54.1"), json!([]));
    }

    #[test]
    fn no_place_on_a_machine_is_told() {
        assert!(!document().to_string().contains("/home"));
    }
}
