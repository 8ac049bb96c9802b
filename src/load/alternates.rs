//! The same files with other variables set. `${V:+x}` is `x` where V is set, and nothing where it is not: whoever deploys the file
//! decides, so what is dangerous in either way is said.

use super::{DeclaredOrFound, Inputs, bind_sources, exposed, links, read, seccomp};
use crate::discover::Found;
use crate::finding::{Finding, ReaderRule};
use crate::parse::Problem;
use crate::repository::{Alternate, Made, Recorded, Repository};
use crate::source::Spanned;
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet};

/// Of so many variables every combination is tried.
const MAX_COMBINED: usize = 3;
/// Variables may bring files that others decide about, so deep.
const MAX_ROUNDS: usize = 4;
/// So many ways to set variables are tried, over all sets.
const MAX_TRIED: usize = 64;

/// What the sets say where the variables that decide something are set. What cannot be tried becomes a problem.
pub(super) fn find(
    sets: &[DeclaredOrFound<'_>],
    deciding: &[Vec<Spanned<String>>],
    inputs: &Inputs<'_>,
    problems: &mut Vec<Problem>,
    workspace: &mut Workspace,
) -> Vec<Alternate> {
    let mut found = Vec::new();
    // Variables that are handed over are all there are.
    if inputs.env.is_some() {
        return found;
    }
    for (set, deciding) in sets.iter().zip(deciding) {
        // By name: the first place of each.
        let mut places = BTreeMap::new();
        for name in deciding {
            places.entry(name.value.clone()).or_insert(name.span);
        }
        let set = std::slice::from_ref(set);
        // What one of them brings may be decided by others.
        for _ in 0..MAX_ROUNDS {
            let all: Vec<String> = places.keys().cloned().collect();
            if all.is_empty() {
                break;
            }
            for name in read(set, &Found::default(), &[], &all, inputs, workspace)
                .deciding
                .into_iter()
                .flatten()
            {
                places.entry(name.value).or_insert(name.span);
            }
            if places.len() == all.len() {
                break;
            }
        }
        let names: Vec<&String> = places.keys().collect();
        let mut combinations = combinations(&names);
        let is_whole = names.len() <= MAX_COMBINED && found.len() + combinations.len() <= MAX_TRIED;
        // `${V+x}${V}`: one that is set may hold nothing.
        if !names.is_empty() {
            combinations.push(names.iter().map(|name| format!("{name}=")).collect());
        }
        combinations.truncate(MAX_TRIED.saturating_sub(found.len()));
        found.extend(
            combinations
                .into_iter()
                .map(|assumed| alternate(set, assumed, inputs, workspace)),
        );
        if let (false, Some(span)) = (is_whole, places.values().min()) {
            let message = format!(
                "cannot check every combination of the {} variables in this file",
                names.len()
            );
            let finding = Finding::new(*span, message).help("write values out, or use `${NAME:-default}`");
            problems.push(Problem::new(ReaderRule::UndecidedValue, finding));
        }
    }
    found
}

fn alternate(
    set: &[DeclaredOrFound<'_>],
    assumed: Vec<String>,
    inputs: &Inputs<'_>,
    workspace: &mut Workspace,
) -> Alternate {
    let builder = read(set, &Found::default(), &[], &assumed, inputs, workspace);
    let (mut sets, containers, dockerfiles) = (builder.sets, builder.containers, builder.dockerfiles);
    let (problems, unset) = (builder.problems, builder.unset);
    let bind_sources = bind_sources::read(&mut sets, workspace);
    let repository = Repository {
        made: Made::by(&sets),
        builders: std::sync::OnceLock::new(),
        origin: workspace.origin(),
        exposed: exposed::tracked(&sets, workspace),
        bind_sources,
        links: links::leading_out(&sets, workspace),
        open_seccomp: seccomp::open(&sets, workspace),
        tracked: workspace.tracked().cloned(),
        profiles: inputs.config.profiles.clone(),
        host: inputs.config.host.clone(),
        reach: None,
        handed_over: BTreeSet::new(),
        sets,
        dockerfiles,
        containers,
        problems,
        unset,
        today: inputs.today.clone(),
        selected: inputs.selected,
        // Sizes are worked out where no variable is assumed.
        comments: Vec::new(),
        recipes: Vec::new(),
        images: inputs.images.clone(),
        recorded: Recorded::default(),
        usage: None,
        growth: BTreeMap::new(),
        alternates: Vec::new(),
    };
    Alternate { assumed, repository }
}

/// The ways to set variables: of few all but the one where none is set, of many each alone and all together.
fn combinations(names: &[&String]) -> Vec<Vec<String>> {
    let chosen = |keep: &dyn Fn(usize) -> bool| {
        let kept = names.iter().enumerate().filter(|(index, _)| keep(*index));
        kept.map(|(_, name)| (*name).clone()).collect::<Vec<_>>()
    };
    if names.len() <= MAX_COMBINED {
        return (1..1_usize << names.len())
            .map(|mask| chosen(&|index| mask >> index & 1 == 1))
            .collect();
    }
    let single = (0..names.len().min(MAX_TRIED)).map(|only| chosen(&|index| index == only));
    std::iter::once(chosen(&|_| true)).chain(single).collect()
}

#[cfg(test)]
mod tests {
    use super::combinations;

    #[test]
    fn few_variables_are_combined_and_many_are_tried_alone() {
        let names: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let of = |count: usize| combinations(&names.iter().take(count).collect::<Vec<_>>());
        assert!(of(0).is_empty());
        assert_eq!(of(2), [vec!["a"], vec!["b"], vec!["a", "b"]]);
        assert_eq!(of(3).len(), 7);
        assert_eq!(of(4).len(), 5);
        assert_eq!(of(4)[0].len(), 4);
    }
}
