//! A report in one page of HTML: it loads nothing, runs nothing, and is read in the dark as well.

const HEAD: &str = include_str!("head.html");

/// What ends a page.
pub(crate) const END: &str = "</body></html>\n";

/// Everything up to below the heading, which is no text from outside.
pub(crate) fn head(title: &str) -> String {
    HEAD.replace("{title}", title)
}
