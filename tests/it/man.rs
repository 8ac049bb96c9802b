//! The manual pages of docs/man are what `--help` says, a page a command. `UPDATE=1` writes them.

use clap_mangen::Man;
use std::collections::BTreeMap;
use std::path::Path;

/// The pages by their file names.
fn pages() -> BTreeMap<String, String> {
    // A page that is the same whatever the width of a terminal, with the flags that every command has in it.
    let mut root = plimsoll::inspect::command().term_width(0).disable_help_subcommand(true);
    root.build();
    let mut found = BTreeMap::new();
    let shown = root.get_subcommands().filter(|command| !command.is_hide_set());
    for command in std::iter::once(&root).chain(shown) {
        let name = match std::ptr::eq(command, &root) {
            true => "plimsoll".to_owned(),
            false => format!("plimsoll-{}", command.get_name()),
        };
        let mut page = Vec::new();
        Man::new(command.clone()).title(&name).render(&mut page).unwrap();
        found.insert(format!("{name}.1"), String::from_utf8(page).unwrap());
    }
    found
}

#[test]
fn a_page_for_each_command() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/man");
    let pages = pages();
    if std::env::var_os("UPDATE").is_some() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, page) in &pages {
            std::fs::write(folder.join(name), page).unwrap();
        }
    }
    let written: BTreeMap<String, String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        pages.keys().collect::<Vec<_>>(),
        "`UPDATE=1 cargo test --test it man::` writes them"
    );
    for (name, page) in &pages {
        assert!(
            written[name] == *page,
            "docs/man/{name} is not what --help says: UPDATE=1"
        );
    }
    assert!(
        pages["plimsoll-fix.1"].contains("\\-\\-write"),
        "{}",
        pages["plimsoll-fix.1"]
    );
}
