//! Repositories made with the `git` program, which is needed for these tests only.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Against, Changed, changed, export};

/// A folder with repositories in it.
struct Bench(TempDir);

impl Bench {
    /// `None`, and a line about it, without a `git` program.
    fn new() -> Option<Self> {
        let version = Command::new("git").arg("--version").stdout(Stdio::null()).status();
        if version.is_err() {
            eprintln!("skipped: there is no git program");
            return None;
        }
        Some(Self(TempDir::new().unwrap()))
    }

    /// A bench whose folder `a` is a repository with one commit of `compose.yaml`, `old.txt` and `gone`.
    fn with_commit(init: &[&str]) -> Option<Self> {
        let bench = Self::new()?;
        fs::create_dir(bench.path("a")).unwrap();
        bench.git("a", &[&["init", "-q"], init].concat());
        bench.write("a/compose.yaml", "services: {}\n");
        bench.write("a/old.txt", "the same under both names\n");
        bench.write("a/gone", "x\n");
        bench.write("a/.gitignore", "*.log\n");
        bench.commit("a");
        Some(bench)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false"])
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(self.path(folder))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.0.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "a")
            .env("GIT_AUTHOR_EMAIL", "a@example.com")
            .env("GIT_COMMITTER_NAME", "a")
            .env("GIT_COMMITTER_EMAIL", "a@example.com")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, folder: &str) -> String {
        self.git(folder, &["add", "--all"]);
        self.git(folder, &["commit", "-q", "--allow-empty", "-m", "x"]);
        self.git(folder, &["rev-parse", "HEAD"])
    }

    fn clone(&self, options: &[&str], to: &str) {
        let from = format!("file://{}", self.path("a").display());
        self.git("", &[&["clone", "-q"], options, &[from.as_str(), to]].concat());
    }

    fn changed(&self, root: &str, base: Option<&str>) -> Changed {
        changed(&self.path(root), &against(base)).unwrap()
    }

    fn doubt(&self, root: &str, base: Option<&str>) -> String {
        changed(&self.path(root), &against(base)).unwrap_err().to_string()
    }
}

fn against(base: Option<&str>) -> Against {
    base.map_or(Against::Usual, |base| Against::Revision(base.to_owned()))
}

fn paths(names: &[&str]) -> BTreeSet<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

fn short(commit: &str) -> &str {
    &commit[..8]
}

fn tracked(root: &Path) -> Option<std::collections::HashSet<PathBuf>> {
    super::tracked(root).map(|tracked| tracked.files)
}

#[test]
fn committed_changes_count_with_both_names_of_a_renamed_file() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    let base = bench.git("a", &["rev-parse", "HEAD"]);
    bench.git("a", &["checkout", "-q", "-b", "topic"]);
    bench.write("a/compose.yaml", "services: {a: {}}\n");
    bench.write("a/docs/Größe und Maß.md", "x\n");
    bench.remove("a/gone");
    bench.git("a", &["mv", "old.txt", "new.txt"]);
    bench.commit("a");
    let found = bench.changed("a", None);
    assert_eq!(
        found.paths,
        paths(&["compose.yaml", "docs/Größe und Maß.md", "gone", "new.txt", "old.txt"])
    );
    assert_eq!(found.base, format!("merge base {} of main and HEAD", short(&base)));
    assert_eq!(bench.changed("a", Some(&base)).paths, found.paths);
    assert_eq!(bench.changed("a", Some("HEAD^")).paths, found.paths);
}

#[test]
fn staged_unstaged_and_untracked_files_count_and_ignored_ones_do_not() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.write("a/staged", "x\n");
    bench.git("a", &["add", "staged"]);
    bench.git("a", &["rm", "-q", "--cached", "gone"]);
    bench.remove("a/gone");
    bench.write("a/compose.yaml", "services: {a: {}}\n");
    bench.remove("a/old.txt");
    bench.write("a/new/deep/untracked", "x\n");
    bench.write("a/new/ignored.log", "x\n");
    let head = bench.git("a", &["rev-parse", "HEAD"]);
    let found = bench.changed("a", Some("HEAD"));
    assert_eq!(
        found.paths,
        paths(&["compose.yaml", "gone", "new/deep/untracked", "old.txt", "staged"])
    );
    assert_eq!(found.base, format!("HEAD ({}), which is HEAD", short(&head)));
}

#[test]
fn untracked_files_count_whatever_the_configuration_says() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("a", &["config", "status.showUntrackedFiles", "no"]);
    bench.write("a/untracked", "x\n");
    assert_eq!(bench.changed("a", Some("HEAD")).paths, paths(&["untracked"]));
}

#[test]
fn a_staged_change_that_the_work_tree_takes_back_still_counts() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    let text = fs::read_to_string(bench.path("a/compose.yaml")).unwrap();
    bench.write("a/compose.yaml", "services: {a: {}}\n");
    bench.git("a", &["add", "compose.yaml"]);
    bench.write("a/compose.yaml", &text);
    assert_eq!(bench.changed("a", Some("HEAD")).paths, paths(&["compose.yaml"]));
}

#[test]
fn a_touched_file_with_the_same_content_does_not_count() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    let file = fs::File::options()
        .append(true)
        .open(bench.path("a/compose.yaml"))
        .unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(bench.changed("a", Some("HEAD")).paths, paths(&[]));
}

#[test]
fn files_that_only_moved_on_in_the_base_do_not_count() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    let base = bench.git("a", &["rev-parse", "HEAD"]);
    bench.git("a", &["checkout", "-q", "-b", "topic"]);
    bench.write("a/topic", "x\n");
    bench.commit("a");
    bench.git("a", &["checkout", "-q", "main"]);
    bench.write("a/compose.yaml", "services: {a: {}}\n");
    bench.commit("a");
    bench.git("a", &["checkout", "-q", "topic"]);
    let found = bench.changed("a", Some("main"));
    assert_eq!(found.paths, paths(&["topic"]));
    assert_eq!(found.base, format!("merge base {} of main and HEAD", short(&base)));
}

#[test]
fn the_upstream_comes_before_the_default_branch() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("a", &["checkout", "-q", "-b", "topic"]);
    bench.write("a/pushed", "x\n");
    bench.commit("a");
    bench.git("a", &["checkout", "-q", "main"]);
    bench.clone(&[], "b");
    bench.git("b", &["checkout", "-q", "topic"]);
    bench.write("b/unpushed", "x\n");
    bench.commit("b");
    let found = bench.changed("b", None);
    assert_eq!(found.paths, paths(&["unpushed"]));
    assert!(found.base.ends_with(" of origin/topic and HEAD"), "{}", found.base);
    bench.git("b", &["branch", "-q", "--unset-upstream"]);
    let found = bench.changed("b", None);
    assert_eq!(found.paths, paths(&["pushed", "unpushed"]));
    assert!(found.base.ends_with(" of origin/main and HEAD"), "{}", found.base);
}

#[test]
fn a_detached_head_is_compared_with_the_default_branch() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.clone(&[], "b");
    bench.git("b", &["checkout", "-q", "--detach"]);
    bench.write("b/topic", "x\n");
    bench.commit("b");
    bench.git("b", &["symbolic-ref", "--delete", "refs/remotes/origin/HEAD"]);
    let found = bench.changed("b", None);
    assert_eq!(found.paths, paths(&["topic"]));
    assert!(found.base.ends_with(" of origin/main and HEAD"), "{}", found.base);
}

#[test]
fn a_branch_that_only_the_remote_has_is_found_by_its_plain_name() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("a", &["branch", "release"]);
    bench.clone(&[], "b");
    bench.write("b/topic", "x\n");
    let found = bench.changed("b", Some("release"));
    assert_eq!(found.paths, paths(&["topic"]));
    assert!(found.base.starts_with("origin/release ("), "{}", found.base);
}

#[test]
fn an_annotated_tag_is_a_base() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("a", &["tag", "-a", "-m", "x", "v1"]);
    bench.write("a/topic", "x\n");
    bench.commit("a");
    assert_eq!(bench.changed("a", Some("v1")).paths, paths(&["topic"]));
}

#[test]
fn nothing_to_compare_with_is_a_doubt() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    assert_eq!(
        bench.doubt("a", None),
        "there is no upstream, default branch of origin, or branch main or master to compare with; \
         set one, e.g. --changed=HEAD"
    );
}

#[test]
fn a_base_beyond_a_shallow_clone_is_a_doubt() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    let base = bench.git("a", &["rev-parse", "HEAD"]);
    bench.write("a/topic", "x\n");
    bench.commit("a");
    bench.clone(&["--depth=1"], "b");
    for asked in ["HEAD^", base.as_str()] {
        let doubt = bench.doubt("b", Some(asked));
        assert!(doubt.ends_with("e.g. fetch-depth: 0"), "{doubt}");
        assert!(doubt.starts_with("the clone is shallow"), "{doubt}");
    }
    bench.clone(&["--depth=2"], "c");
    assert_eq!(bench.changed("c", Some("HEAD^")).paths, paths(&["topic"]));
}

#[test]
fn a_merge_base_beyond_a_shallow_clone_is_a_doubt() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("a", &["checkout", "-q", "-b", "topic"]);
    bench.write("a/topic", "x\n");
    bench.commit("a");
    bench.git("a", &["checkout", "-q", "main"]);
    bench.write("a/main", "x\n");
    bench.commit("a");
    bench.clone(&["--depth=1", "--no-single-branch"], "b");
    assert_eq!(
        bench.doubt("b", Some("origin/topic")),
        "the clone is shallow and lacks history that the comparison needs; fetch more history, e.g. fetch-depth: 0"
    );
}

#[test]
fn a_base_without_common_history_is_a_doubt() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("a", &["checkout", "-q", "--orphan", "other"]);
    bench.commit("a");
    bench.git("a", &["commit", "-q", "--amend", "-m", "other"]);
    assert_eq!(bench.doubt("a", None), "main and HEAD have no common history");
}

#[test]
fn an_unknown_empty_or_zero_base_is_a_doubt() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    assert_eq!(
        bench.doubt("a", Some("no\nsuch")),
        "the revision no\\nsuch does not exist here; check its name, or fetch it, e.g. fetch-depth: 0"
    );
    for range in ["HEAD..main", "--all", "^HEAD", "HEAD^9"] {
        assert!(bench.doubt("a", Some(range)).contains("does not exist here"), "{range}");
    }
    assert!(bench.doubt("a", Some(" ")).contains("is empty"));
    assert!(bench.doubt("a", Some(&"0".repeat(40))).contains("all zeros"));
    assert_eq!(
        bench.doubt("a", Some("HEAD:gone")),
        "HEAD:gone is not a commit; use a branch or a commit"
    );
    assert_eq!(
        bench.doubt("a", Some(&"1".repeat(40))),
        format!("the commit {} is not in this clone; fetch it first", "1".repeat(40))
    );
}

#[test]
fn a_clone_without_file_contents_is_enough() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("a", &["config", "uploadpack.allowFilter", "true"]);
    bench.write("a/gone", "y\n");
    bench.git("a", &["mv", "old.txt", "new.txt"]);
    bench.commit("a");
    bench.clone(&["--filter=blob:none"], "b");
    bench.write("b/compose.yaml", "services: {a: {}}\n");
    assert_eq!(
        bench.changed("b", Some("HEAD^")).paths,
        paths(&["compose.yaml", "gone", "new.txt", "old.txt"])
    );
}

#[test]
fn a_clone_without_old_trees_is_a_doubt() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("a", &["config", "uploadpack.allowFilter", "true"]);
    bench.write("a/gone", "y\n");
    bench.commit("a");
    bench.clone(&["--filter=tree:0"], "b");
    assert!(bench.doubt("b", Some("HEAD^")).starts_with("the clone lacks objects"));
    assert_eq!(bench.changed("b", Some("HEAD")).paths, paths(&[]));
}

#[test]
fn files_outside_a_sparse_checkout_are_no_deletions() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.write("a/in/file", "x\n");
    bench.write("a/out/deep/file", "x\n");
    bench.commit("a");
    bench.git("a", &["sparse-checkout", "set", "--cone", "in"]);
    assert!(!bench.path("a/out").exists());
    bench.write("a/in/file", "y\n");
    assert_eq!(bench.changed("a", Some("HEAD")).paths, paths(&["in/file"]));
    bench.git("a", &["sparse-checkout", "reapply", "--sparse-index"]);
    assert!(bench.doubt("a", Some("HEAD")).starts_with("the index is sparse"));
    assert!(tracked(&bench.path("a")).unwrap().contains(Path::new("in/file")));
}

#[test]
fn a_linked_work_tree_has_its_own_changes() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("a", &["worktree", "add", "-q", "-b", "topic", "../b"]);
    bench.write("b/topic", "x\n");
    bench.commit("b");
    bench.write("b/compose.yaml", "services: {a: {}}\n");
    bench.write("a/gone", "only there\n");
    assert_eq!(bench.changed("b", None).paths, paths(&["compose.yaml", "topic"]));
    assert!(tracked(&bench.path("b")).unwrap().contains(Path::new("topic")));
}

#[test]
fn a_git_file_that_points_nowhere_is_a_doubt_even_inside_another_repository() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.write("a/inner/.git", "gitdir: /no/such/folder\n");
    assert_eq!(
        bench.doubt("a/inner", Some("HEAD")),
        "the file .git points to a repository that does not exist; run where the main repository can be read"
    );
    assert_eq!(tracked(&bench.path("a/inner")), None);
}

#[test]
fn paths_are_relative_to_a_root_below_the_work_tree() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.write("a/sub/committed", "x\n");
    bench.write("a/subway", "x\n");
    bench.commit("a");
    bench.write("a/sub/deep/untracked", "x\n");
    bench.write("a/untracked", "x\n");
    let found = bench.changed("a/sub", Some("HEAD^"));
    assert_eq!(found.paths, paths(&["committed", "deep/untracked"]));
    assert_eq!(
        tracked(&bench.path("a/sub")).unwrap(),
        paths(&["committed"]).into_iter().collect()
    );
}

#[test]
fn an_ignored_root_is_a_doubt() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.write("a/.gitignore", "build/\n");
    bench.write("a/build/deep/file", "x\n");
    for root in ["a/build", "a/build/deep"] {
        assert_eq!(
            bench.doubt(root, Some("HEAD")),
            "git ignores the root, so changes in it do not show"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_root_behind_a_link_is_the_same_root() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.write("a/sub/untracked", "x\n");
    std::os::unix::fs::symlink(bench.path("a/sub"), bench.path("link")).unwrap();
    assert_eq!(bench.changed("link", Some("HEAD")).paths, paths(&["untracked"]));
}

#[cfg(unix)]
#[test]
fn links_and_names_that_are_not_utf_8_count_as_they_are() {
    use std::os::unix::ffi::OsStrExt;
    let Some(bench) = Bench::with_commit(&[]) else { return };
    let odd = Path::new(std::ffi::OsStr::from_bytes(b"odd\xff name"));
    if fs::write(bench.path("a").join(odd), "x\n").is_err() {
        eprintln!("skipped: the file system wants UTF-8");
        return;
    }
    std::os::unix::fs::symlink("/no/such", bench.path("a/link")).unwrap();
    bench.commit("a");
    let expected: BTreeSet<_> = [odd.to_owned(), PathBuf::from("link")].into();
    assert_eq!(bench.changed("a", Some("HEAD^")).paths, expected);
    assert!(tracked(&bench.path("a")).unwrap().contains(odd));
}

#[cfg(unix)]
#[test]
fn a_file_that_became_a_link_or_a_pipe_counts_and_is_not_opened() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let Some(bench) = Bench::with_commit(&[]) else { return };
    for name in ["link", "pipe"] {
        bench.write(&format!("a/{name}"), "x\n");
        fs::set_permissions(bench.path(&format!("a/{name}")), fs::Permissions::from_mode(0o755)).unwrap();
    }
    bench.commit("a");
    for name in ["link", "pipe", "gone", "old.txt"] {
        bench.remove(&format!("a/{name}"));
    }
    symlink("/no/such", bench.path("a/link")).unwrap();
    symlink("/dev/zero", bench.path("a/gone")).unwrap();
    for name in ["pipe", "old.txt"] {
        let made = Command::new("mkfifo").arg(bench.path(&format!("a/{name}"))).status();
        assert!(made.unwrap().success());
    }
    assert_eq!(
        bench.changed("a", Some("HEAD")).paths,
        paths(&["gone", "link", "old.txt", "pipe"])
    );
}

#[test]
fn a_file_that_becomes_a_folder_counts_with_what_is_in_it() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.remove("a/gone");
    bench.write("a/gone/inside", "x\n");
    assert_eq!(bench.changed("a", Some("HEAD")).paths, paths(&["gone", "gone/inside"]));
    bench.commit("a");
    assert_eq!(bench.changed("a", Some("HEAD^")).paths, paths(&["gone", "gone/inside"]));
}

#[test]
fn a_repository_with_sha256_works() {
    let Some(bench) = Bench::with_commit(&["--object-format=sha256"]) else {
        return;
    };
    bench.write("a/compose.yaml", "services: {a: {}}\n");
    let head = bench.commit("a");
    bench.write("a/untracked", "x\n");
    assert_eq!(head.len(), 64);
    assert_eq!(
        bench.changed("a", Some("HEAD^")).paths,
        paths(&["compose.yaml", "untracked"])
    );
    assert!(bench.doubt("a", Some(&"0".repeat(64))).contains("all zeros"));
}

#[cfg(unix)]
#[test]
fn a_repository_of_another_owner_is_read_all_the_same() {
    fn give(path: &Path) -> std::io::Result<()> {
        std::os::unix::fs::lchown(path, Some(54321), Some(54321))?;
        if path.is_dir() && !path.is_symlink() {
            for entry in fs::read_dir(path)? {
                give(&entry?.path())?;
            }
        }
        Ok(())
    }
    for format in ["sha1", "sha256"] {
        let Some(bench) = Bench::with_commit(&[&format!("--object-format={format}")]) else {
            return;
        };
        bench.clone(&[], "b");
        bench.write("b/topic", "x\n");
        bench.commit("b");
        bench.write("b/untracked", "x\n");
        bench.write("b/ignored.log", "x\n");
        if give(&bench.path("b")).is_err() {
            eprintln!("skipped: only root can give files away");
            return;
        }
        assert_eq!(bench.changed("b", Some("HEAD^")).paths, paths(&["topic", "untracked"]));
        assert_eq!(bench.changed("b", None).paths, paths(&["topic", "untracked"]));
        assert!(tracked(&bench.path("b")).unwrap().contains(Path::new("topic")));
    }
}

#[test]
fn submodules_and_nested_repositories_count_as_folders() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("", &["init", "-q", "b"]);
    bench.write("b/file", "x\n");
    bench.commit("b");
    bench.git("a", &["submodule", "--quiet", "add", "../b", "module"]);
    bench.write("a/module/changed", "x\n");
    bench.git("a", &["init", "-q", "nested"]);
    bench.write("a/nested/file", "x\n");
    let found = bench.changed("a", Some("HEAD"));
    assert_eq!(found.paths, paths(&[".gitmodules"]));
    assert_eq!(found.folders, paths(&["module", "nested"]));
    bench.git("a", &["commit", "-q", "-m", "x"]);
    let found = bench.changed("a", Some("HEAD^"));
    assert_eq!(found.paths, paths(&[".gitmodules"]));
    assert_eq!(found.folders, paths(&["module", "nested"]));
    bench.remove("a/module/changed");
    fs::remove_dir_all(bench.path("a/nested")).unwrap();
    assert!(bench.changed("a", Some("HEAD")).folders.is_empty());
    bench.write("a/module/file", "y\n");
    bench.commit("a/module");
    assert_eq!(bench.changed("a", Some("HEAD")).folders, paths(&["module"]));
    bench.git("a", &["commit", "-qam", "moved"]);
    assert!(bench.changed("a", Some("HEAD")).folders.is_empty());
    assert_eq!(bench.changed("a", Some("HEAD^")).folders, paths(&["module"]));
    bench.write("a/module/changed", "x\n");
    assert!(!tracked(&bench.path("a")).unwrap().contains(Path::new("module")));
    assert_eq!(bench.changed("a/module", Some("HEAD")).paths, paths(&["changed"]));
}

#[test]
fn conflicting_files_count() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.git("a", &["checkout", "-q", "-b", "topic"]);
    bench.write("a/compose.yaml", "ours\n");
    bench.commit("a");
    bench.git("a", &["checkout", "-q", "main"]);
    bench.write("a/compose.yaml", "theirs\n");
    bench.commit("a");
    bench.git("a", &["checkout", "-q", "topic"]);
    let merged = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "merge", "main"])
        .current_dir(bench.path("a"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(!merged.status.success());
    assert_eq!(bench.changed("a", Some("HEAD")).paths, paths(&["compose.yaml"]));
    assert!(tracked(&bench.path("a")).unwrap().contains(Path::new("compose.yaml")));
}

#[test]
fn the_filters_of_the_repository_are_not_run() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    let mark = bench.path("mark");
    bench.git(
        "a",
        &["config", "filter.bad.clean", &format!("touch {}; cat", mark.display())],
    );
    bench.git("a", &["config", "filter.bad.required", "true"]);
    bench.write("a/.gitattributes", "* filter=bad\n");
    bench.write("a/compose.yaml", "services: {a: {}}\n");
    assert_eq!(
        bench.changed("a", Some("HEAD")).paths,
        paths(&[".gitattributes", "compose.yaml"])
    );
    assert!(!mark.exists());
}

#[test]
fn tracked_files_are_those_of_the_index() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.write("a/forced.log", "x\n");
    bench.git("a", &["add", "-f", "forced.log"]);
    bench.write("a/untracked", "x\n");
    let expected = paths(&[".gitignore", "compose.yaml", "forced.log", "gone", "old.txt"]);
    assert_eq!(tracked(&bench.path("a")).unwrap(), expected.into_iter().collect());
    bench.remove("a/.git/index");
    let expected = paths(&[".gitignore", "compose.yaml", "gone", "old.txt"]);
    assert_eq!(tracked(&bench.path("a")).unwrap(), expected.into_iter().collect());
}

#[test]
fn no_repository_is_a_doubt() {
    let folder = TempDir::new().unwrap();
    assert_eq!(
        changed(folder.path(), &Against::Usual).unwrap_err().to_string(),
        "there is no git repository; run inside one"
    );
    assert_eq!(tracked(folder.path()), None);
    let missing = folder.path().join("missing");
    assert_eq!(
        changed(&missing, &Against::Usual).unwrap_err().to_string(),
        "the root cannot be read"
    );
    assert_eq!(tracked(&missing), None);
}

#[test]
fn a_bare_repository_is_a_doubt() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.clone(&["--bare"], "b");
    assert_eq!(
        bench.doubt("b", Some("HEAD")),
        "the root is in a bare repository; run in a work tree"
    );
    bench.git("a", &["config", "core.bare", "true"]);
    assert_eq!(
        bench.doubt("a", Some("HEAD")),
        "the repository has no work tree; run in one"
    );
    assert_eq!(tracked(&bench.path("b")), None);
}

#[test]
fn a_repository_without_commits_is_a_doubt() {
    let Some(bench) = Bench::new() else { return };
    bench.git("", &["init", "-q", "a"]);
    bench.write("a/file", "x\n");
    assert_eq!(bench.doubt("a", None), "the repository has no commits yet");
    assert_eq!(tracked(&bench.path("a")).unwrap().len(), 0);
    bench.git("a", &["add", "file"]);
    assert_eq!(tracked(&bench.path("a")).unwrap().len(), 1);
}

#[test]
fn damaged_repositories_are_doubts() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    let good = fs::read(bench.path("a/.git/HEAD")).unwrap();
    for head in ["", "\0\u{1}garbage", "ref: refs/heads/../../../etc/passwd\n", "12345\n"] {
        bench.write("a/.git/HEAD", head);
        let doubt = bench.doubt("a", Some("main"));
        assert!(doubt.contains("HEAD"), "{head:?}: {doubt}");
    }
    bench.remove("a/.git/HEAD");
    assert!(bench.doubt("a", Some("main")).contains("HEAD"));
    assert_eq!(tracked(&bench.path("a")), None);
    bench.write("a/.git/HEAD", &"1".repeat(40));
    assert_eq!(
        bench.doubt("a", None),
        "HEAD of the repository does not lead to a commit"
    );
    fs::write(bench.path("a/.git/HEAD"), good).unwrap();

    let config = fs::read_to_string(bench.path("a/.git/config")).unwrap();
    bench.write("a/.git/config", "[core\n");
    assert!(bench.doubt("a", Some("HEAD")).contains("configuration"));
    bench.write("a/.git/config", &config);

    let index = fs::read(bench.path("a/.git/index")).unwrap();
    for length in [0, 4, 12, 40, index.len() - 30] {
        fs::write(bench.path("a/.git/index"), &index[..length]).unwrap();
        assert!(changed(&bench.path("a"), &against(Some("HEAD"))).is_err(), "{length}");
        assert_eq!(tracked(&bench.path("a")), None, "{length}");
    }
}

#[test]
fn references_that_point_at_each_other_are_no_base() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.write("a/.git/refs/remotes/origin/HEAD", "ref: refs/remotes/origin/main\n");
    bench.write("a/.git/refs/remotes/origin/main", "ref: refs/remotes/origin/HEAD\n");
    assert!(bench.doubt("a", None).starts_with("there is no upstream"));
    assert!(bench.doubt("a", Some("origin/main")).contains("does not exist"));
}

#[test]
fn the_home_folder_and_git_variables_do_not_matter() {
    let Some(bench) = Bench::new() else { return };
    bench.write("home/.gitconfig", "[broken\n");
    fs::create_dir_all(bench.path("home/.config/git/attributes")).unwrap();
    fs::create_dir_all(bench.path("home/.config/git/ignore")).unwrap();
    let run = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "git::tests::staged_unstaged_and_untracked_files_count_and_ignored_ones_do_not",
        ])
        .env("HOME", bench.path("home"))
        .env("XDG_CONFIG_HOME", bench.path("home/.config"))
        .env("GIT_DIR", "/no/such/folder")
        .env("GIT_INDEX_FILE", "/no/such/file")
        .env("GIT_WORK_TREE", "/no/such/folder")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn the_files_of_a_commit_are_written_below_the_root_alone() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    bench.write("a/below/deep/file", "text\n");
    bench.write("a/below/large", &"x".repeat(2 << 20));
    std::os::unix::fs::symlink("/etc", bench.path("a/below/link")).unwrap();
    bench.commit("a");
    bench.write("a/below/deep/file", "changed\n");
    let written = |root: &str| {
        let folder = TempDir::new().unwrap();
        export(&bench.path(root), "HEAD", folder.path(), &[]).unwrap();
        folder
    };
    let whole = written("a");
    assert!(whole.path().join("compose.yaml").is_file());
    let below = written("a/below");
    assert_eq!(fs::read_to_string(below.path().join("deep/file")).unwrap(), "text\n");
    assert_eq!(fs::metadata(below.path().join("large")).unwrap().len(), 2 << 20);
    let link = below.path().join("link").symlink_metadata().unwrap();
    assert!(link.is_symlink() && link.len() == 4);
    assert!(!below.path().join("compose.yaml").exists());
}

/// What git itself would not make: names that lead elsewhere, and a link and a folder of one name.
#[test]
fn a_crafted_tree_writes_nothing_elsewhere() {
    let Some(bench) = Bench::with_commit(&[]) else { return };
    let object = |kind: &str, content: &[u8]| -> Vec<u8> {
        fs::write(bench.path("object"), content).unwrap();
        let file = bench.path("object");
        let words = ["hash-object", "-w", "--literally", "-t", kind, file.to_str().unwrap()];
        let id = bench.git("a", &words);
        let digits: Vec<char> = id.chars().collect();
        let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    };
    let tree = |entries: &[(&str, &str, &[u8])]| -> Vec<u8> {
        let entry = |(mode, name, id): &(&str, &str, &[u8])| [format!("{mode} {name}\0").as_bytes(), id].concat();
        object("tree", &entries.iter().flat_map(entry).collect::<Vec<u8>>())
    };
    let outside = TempDir::new().unwrap();
    let evil = object("blob", b"evil");
    let link = object("blob", outside.path().to_str().unwrap().as_bytes());
    let inner = tree(&[("100644", "evil", &evil)]);
    for entries in [
        &[("100644", "..", evil.as_slice()), ("100644", "fine", &evil)][..],
        &[("40000", "..", inner.as_slice()), ("100644", "fine", &evil)],
        &[("40000", ".git", inner.as_slice()), ("40000", ".GIT", &inner)],
        &[("100644", "../evil", evil.as_slice()), ("100644", "/evil", &evil)],
        &[("120000", "a", link.as_slice()), ("40000", "a", &inner)],
        &[("120000", "a", link.as_slice()), ("100644", "a", &evil)],
    ] {
        let id: String = tree(entries).iter().map(|byte| format!("{byte:02x}")).collect();
        let commit = bench.git("a", &["commit-tree", &id, "-m", "x"]);
        let folder = TempDir::new().unwrap();
        let into = folder.path().join("into");
        fs::create_dir(&into).unwrap();
        // Refused or left out.
        let _ = export(&bench.path("a"), &commit, &into, &[]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{entries:?}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "{entries:?}");
        assert!(!into.join(".git").exists() && !into.join(".GIT").exists());
    }
}
