//! YAML text to a tree with spans.
