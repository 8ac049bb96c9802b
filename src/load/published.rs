//! The images that the repository's own jobs push to a registry.

use crate::repository::named_images::NamedImage;
use crate::values::image_ref::ImageRef;
use crate::workspace::Workspace;
use std::collections::HashSet;
use std::path::Path;

/// Longer jobs are not read to their end, and no more than so many.
const WHOLE: u64 = 128 << 10;
const MOST: usize = 64;

/// Those of the named images that a workflow of GitHub builds and pushes, by name.
pub(super) fn here(named: &[NamedImage], workspace: &Workspace) -> HashSet<String> {
    let images = named.iter().map(|image| ImageRef::parse(&image.name));
    let wanted: HashSet<String> = images
        .filter(|image| image.official().is_none() && image.floats())
        .map(|image| image.path())
        .collect();
    let Some(tracked) = workspace.tracked().filter(|_| !wanted.is_empty()) else {
        return HashSet::new();
    };
    let is_job = |path: &&std::path::PathBuf| {
        path.starts_with(Path::new(".github/workflows"))
            && path.extension().is_some_and(|end| end == "yml" || end == "yaml")
    };
    let mut jobs: Vec<_> = tracked.iter().filter(is_job).collect();
    jobs.sort();
    let texts: Vec<String> = jobs
        .into_iter()
        .take(MOST)
        .filter_map(|path| workspace.peek(path, WHOLE))
        .filter(|text| {
            ["docker/build-push-action", "docker push", "buildx build"]
                .iter()
                .any(|word| text.contains(word))
        })
        .collect();
    let is_pushed = |image: &String| texts.iter().any(|text| pushes(text, image));
    wanted.into_iter().filter(is_pushed).collect()
}

/// Whether a job that pushes images names this one other than to run it.
fn pushes(text: &str, image: &str) -> bool {
    const STARTS: [&str; 4] = ["image:", "container:", "uses:", "#"];
    const RUNS: [&str; 2] = ["docker pull", "docker run"];
    let mut lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.any(|line| {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
        let names = line.match_indices(image).any(|(at, _)| {
            let before = line.get(..at).and_then(|before| before.chars().next_back());
            let behind = line.get(at + image.len()..).and_then(|behind| behind.chars().next());
            !before.is_some_and(|letter| is_part(letter) && letter != '/') && !behind.is_some_and(is_part)
        });
        names && !STARTS.iter().any(|start| line.starts_with(start)) && !RUNS.iter().any(|word| line.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_pushes_what_it_tags_and_not_what_it_runs() {
        for text in [
            "  tags: acme/shop:latest",
            "    images: |\n      docker.io/acme/shop\n",
            "- run: docker push acme/shop",
            "IMAGE=\"acme/shop\"",
        ] {
            assert!(pushes(text, "acme/shop"), "{text}");
        }
        for text in [
            "image: acme/shop:latest",
            "tags: acme/shop-worker:latest",
            "- run: docker pull acme/shop\n- docker run acme/shop",
            "tags: big-acme/shop",
            "# acme/shop",
        ] {
            assert!(!pushes(text, "acme/shop"), "{text}");
        }
    }
}
