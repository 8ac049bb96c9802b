//! Cycles among services that wait for each other.

use crate::source::{Span, Spanned};
use std::collections::{HashMap, HashSet};

/// A cycle that can be reached from a service, found without recursion; the last edge is where it closes.
pub(super) fn find<'a>(
    start: &'a str,
    edges: &HashMap<&'a str, Vec<&'a Spanned<String>>>,
    done: &mut HashSet<&'a str>,
) -> Option<(Vec<String>, Span)> {
    let mut path: Vec<(&str, usize)> = vec![(start, 0)];
    let mut on_path: HashSet<&str> = HashSet::from([start]);
    while let Some((node, next)) = path.last_mut() {
        let node = *node;
        if done.contains(node) {
            on_path.remove(node);
            path.pop();
            continue;
        }
        let edge = edges.get(node).and_then(|edges| edges.get(*next)).copied();
        *next += 1;
        match edge {
            None => {
                done.insert(node);
                on_path.remove(node);
                path.pop();
            }
            Some(target) if on_path.contains(target.value.as_str()) => {
                let names = path.iter().map(|(name, _)| (*name).to_owned());
                let mut chain: Vec<String> = names.skip_while(|name| *name != target.value).collect();
                chain.push(target.value.clone());
                done.extend(on_path);
                return Some((chain, target.span));
            }
            Some(target) => {
                if let Some((name, _)) = edges.get_key_value(target.value.as_str()) {
                    on_path.insert(name);
                    path.push((name, 0));
                }
            }
        }
    }
    None
}
