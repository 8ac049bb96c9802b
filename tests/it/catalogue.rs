//! `catalogue/update`: what it takes from the pages of official images, and what it leaves to people.
use crate::support::Workspace;
use std::path::Path;
use std::process::Command;

const PAGE: &str = "# `acme:1.2.4`\n\n## Docker Metadata\n\n- Created: `2026-11-01T22:48:44Z`\n- Virtual Size: ~ 1.07 Gb  \n  \
                    (total size of all layers on-disk)\n- Arch: `linux`/`amd64`\n- Command: `[\"server\",\"-x\"]`\n";

const CATALOGUE: &str = "image = \"acme\"\n\n[[build]]\ntags = [\"1\", \"1.2\"]\nrelease = \"1.2.3\"\ncreated = \"2026-09-01\"\n\
                         size_mb = \"900\"\nestimate = \"read of 1.2.3\"\ncmd = [\"server\"]\nsources = [\"acme/acme:Dockerfile@1234567\"]\n\n\
                         [[build]]\ntags = [\"0\"]\nsize_mb = \"5\"\nsources = [\"x\"]\n";

/// The files after a run over these pages, and what it says.
fn updated(pages: &[(&str, &str)]) -> (String, String) {
    let workspace = Workspace::new(&[("catalogue/acme.toml", CATALOGUE), ("src/known_images/images.tsv", "")]);
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue");
    for script in ["update", "embed"] {
        workspace.write(
            &format!("catalogue/{script}"),
            &std::fs::read(scripts.join(script)).unwrap(),
        );
    }
    workspace.write("info/repos/none", b"");
    for (path, text) in pages {
        workspace.write(&format!("info/repos/{path}"), text.as_bytes());
    }
    let mut command = Command::new("python3");
    let done = command
        .args(["catalogue/update", "--pages", "info"])
        .current_dir(workspace.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = std::fs::read_to_string(workspace.path().join("catalogue/acme.toml")).unwrap();
    (text, String::from_utf8_lossy(&done.stdout).into_owned())
}

#[test]
fn a_newer_page_of_the_platform_is_taken_and_nothing_else() {
    let (text, said) = updated(&[("acme/local/1.2.md", PAGE)]);
    let wanted = CATALOGUE
        .replace("release = \"1.2.3\"", "release = \"1.2.4\"")
        .replace("2026-09-01", "2026-11-01")
        .replace("\"900\"\nestimate = \"read of 1.2.3\"", "\"1070\"")
        .replace(
            "[\"acme/acme",
            "[\"docker-library/repo-info:repos/acme/local/1.2.md\", \"acme/acme",
        );
    assert_eq!(text, wanted);
    assert!(
        said.contains("acme:1: cmd is ['server', '-x'] on the page, and ['server'] here"),
        "{said}"
    );
    for page in [
        PAGE.replace("amd64", "arm64"),
        PAGE.replace("2026-11-01", "2026-08-01"),
        PAGE.replace("~ 1.07 Gb", "unknown"),
        "# nothing\n".to_owned(),
    ] {
        assert_eq!(updated(&[("acme/local/1.2.md", &page)]).0, CATALOGUE, "{page}");
    }
    assert_eq!(
        updated(&[("acme/local/2.md", PAGE), ("other/local/1.md", PAGE)]).0,
        CATALOGUE
    );
}
