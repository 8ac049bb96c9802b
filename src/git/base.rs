//! What a change is compared with.

use gix::ObjectId;
use gix::remote::Direction;

use super::Against;
use super::checkout::{doubt, incomplete};
use crate::failure::Failure;

/// Where HEAD left the line that it is compared with.
pub(super) struct Base {
    pub(super) commit: ObjectId,
    /// For people.
    pub(super) words: String,
}

/// The commit that `head` is compared with.
pub(super) fn find(repository: &gix::Repository, head: ObjectId, against: &Against) -> Result<Base, Failure> {
    match against {
        Against::Usual => {
            let (name, other) = usual(repository)?;
            fork(repository, head, &name, other)
        }
        Against::Revision(asked) => {
            let (name, other) = named(repository, asked)?;
            fork(repository, head, &name, other)
        }
        Against::Request { base, head: source } => {
            if let Some(target) = trial(repository, head, source)? {
                return Ok(Base {
                    commit: commit(repository, target, "the first parent of HEAD")?,
                    words: format!("{}, the first parent of HEAD", target.to_hex_with_len(8)),
                });
            }
            expect(head, source)?;
            let (name, other) = named(repository, base)?;
            fork(repository, head, &short(&name), other)
        }
        Against::Push { base, head: last } => {
            expect(head, last)?;
            let (name, before) = named(repository, base)?;
            let name = short(&name);
            let found = fork(repository, head, &name, before)?;
            if found.commit == before {
                Ok(Base {
                    commit: before,
                    words: name,
                })
            } else {
                Err(Failure::new(format!(
                    "{name} is not an ancestor of HEAD: the branch was rewritten"
                )))
            }
        }
    }
}

/// Where `head` left the line of another commit.
fn fork(repository: &gix::Repository, head: ObjectId, name: &str, other: ObjectId) -> Result<Base, Failure> {
    let other = commit(repository, other, name)?;
    if other == head {
        return Ok(Base {
            commit: head,
            words: format!("{name} ({}), which is HEAD", head.to_hex_with_len(8)),
        });
    }
    let base = match repository.merge_base(other, head) {
        Ok(Some(base)) => base.detach(),
        Ok(None) if !repository.is_shallow().unwrap_or(true) => {
            return Err(Failure::new(format!("{name} and HEAD have no common history")));
        }
        Ok(None) | Err(_) => return Err(incomplete(repository)),
    };
    Ok(Base {
        commit: base,
        words: format!("merge base {} of {name} and HEAD", base.to_hex_with_len(8)),
    })
}

/// The first parent of `head`, if that is a merge of the commit `source`.
fn trial(repository: &gix::Repository, head: ObjectId, source: &str) -> Result<Option<ObjectId>, Failure> {
    let merge = repository.find_commit(head).map_err(|_| incomplete(repository))?;
    let parents: Vec<ObjectId> = merge.parent_ids().map(gix::Id::detach).collect();
    match parents.as_slice() {
        [target, merged] if is(*merged, source) => Ok(Some(*target)),
        _ => Ok(None),
    }
}

fn is(id: ObjectId, hex: &str) -> bool {
    ObjectId::from_hex(hex.as_bytes()).is_ok_and(|other| other == id)
}

/// Nobody checked out something else than what the event is about.
fn expect(head: ObjectId, said: &str) -> Result<(), Failure> {
    if is(head, said) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "HEAD is {}, not {} of the event",
        head.to_hex_with_len(8),
        short(said)
    )))
}

/// A commit as people write it; anything else as it is, without what could deceive.
fn short(name: &str) -> String {
    let shown: String = name.escape_debug().collect();
    match shown.get(..8) {
        Some(start) if shown.len() >= 40 && shown.bytes().all(|byte| byte.is_ascii_hexdigit()) => start.to_owned(),
        _ => shown,
    }
}

/// The commit that a revision names.
pub(super) fn tip(repository: &gix::Repository, asked: &str) -> Result<ObjectId, Failure> {
    let (name, id) = named(repository, asked)?;
    commit(repository, id, &name)
}

/// A revision by its name: as git reads it, else as a branch of `origin`, which is all that a CI checkout has.
fn named(repository: &gix::Repository, asked: &str) -> Result<(String, ObjectId), Failure> {
    if asked.trim().is_empty() {
        return Err(doubt("the base to compare with is empty; set a branch or a commit"));
    }
    if asked.len() >= 40 && asked.bytes().all(|byte| byte == b'0') {
        return Err(doubt(
            "the base to compare with is all zeros, as for a new branch; set a branch or a commit",
        ));
    }
    // A revision can hold any character, and this becomes a line of a log.
    let shown = |name: &str| format!("{}", name.escape_debug());
    for name in [asked.to_owned(), format!("origin/{asked}")] {
        if let Ok(id) = repository.rev_parse_single(name.as_str()) {
            return Ok((shown(&name), id.detach()));
        }
    }
    // gix resolves a hash only if the object is there.
    if asked.len() >= 7 && asked.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(absent(repository, asked));
    }
    Err(Failure::new(format!(
        "the revision {} does not exist here; check its name, or fetch it, e.g. fetch-depth: 0",
        shown(asked)
    )))
}

/// The upstream of the current branch, else the default branch.
fn usual(repository: &gix::Repository) -> Result<(String, ObjectId), Failure> {
    let branch = repository.head_name().ok().flatten();
    let upstream = branch
        .as_ref()
        .and_then(|branch| {
            repository
                .branch_remote_tracking_ref_name(branch.as_ref(), Direction::Fetch)?
                .ok()
        })
        .map(|name| name.as_bstr().to_string());
    let defaults = [
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
        "refs/remotes/origin/master",
        "refs/heads/main",
        "refs/heads/master",
    ];
    upstream
        .into_iter()
        .chain(defaults.map(str::to_owned))
        .filter(|name| branch.as_ref().is_none_or(|branch| branch.as_bstr() != name.as_str()))
        .find_map(|name| reference(repository, &name))
        .ok_or_else(|| {
            doubt(
                "there is no upstream, default branch of origin, or branch main or master to compare with; set one, \
                 e.g. --changed=HEAD",
            )
        })
}

/// The short name of what a reference leads to, and the object; nothing if it is absent or leads nowhere.
fn reference(repository: &gix::Repository, name: &str) -> Option<(String, ObjectId)> {
    let mut reference = repository.try_find_reference(name).ok()??;
    // git follows as many; references can point at each other in a circle.
    for _ in 0..5 {
        let Some(next) = reference.follow() else { break };
        reference = next.ok()?;
    }
    let id = reference.try_id()?.detach();
    Some((reference.name().shorten().to_string().escape_debug().to_string(), id))
}

/// The commit that `id` leads to, if it is in this clone.
fn commit(repository: &gix::Repository, id: ObjectId, name: &str) -> Result<ObjectId, Failure> {
    let object = match repository.try_find_object(id) {
        Ok(Some(object)) => object,
        Ok(None) if repository.is_shallow().unwrap_or(false) => {
            return Err(Failure::new(format!(
                "the clone is shallow and {name} is not in it; fetch more history, e.g. fetch-depth: 0"
            )));
        }
        Ok(None) => {
            return Err(Failure::new(format!(
                "the commit of {name} is not in this clone; fetch it first"
            )));
        }
        Err(_) => return Err(Failure::new(format!("the commit of {name} cannot be read"))),
    };
    match object.peel_to_commit() {
        Ok(commit) => Ok(commit.id),
        Err(_) => Err(Failure::new(format!(
            "{name} is not a commit; use a branch or a commit"
        ))),
    }
}

fn absent(repository: &gix::Repository, name: &str) -> Failure {
    Failure::new(if repository.is_shallow().unwrap_or(false) {
        format!("the clone is shallow and {name} is not in it; fetch more history, e.g. fetch-depth: 0")
    } else {
        format!("the commit {name} is not in this clone; fetch it first")
    })
}
