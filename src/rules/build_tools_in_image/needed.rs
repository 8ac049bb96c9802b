//! Which of the packages that a stage installs the image needs that ships.

use super::is_compiler;
use crate::build::Manager;

/// What only a build needs, besides compilers.
const TOOLS: [&str; 29] = [
    "autoconf", "automake", "bison", "cargo", "ccache", "clang", "cmake", "flex", "libc-dev", "libc6-dev", "libtool", "linux-headers", "m4",
    "make", "musl-dev", "ninja", "ninja-build", "pkg-config", "pkgconf", "pkgconfig", "python-dev", "python3-dev", "rust", "rustc",
    "samurai", "swig", "zlib-dev", "zlib1g-dev", "patchelf",
];

/// Headers of libraries that the official images of Python and Ruby have, as their interpreters use them.
const IN_INTERPRETERS: [&str; 6] = ["libffi-dev", "libssl-dev", "libyaml-dev", "openssl-dev", "readline-dev", "libreadline-dev"];
/// The same of Python alone.
const IN_PYTHON: [&str; 9] = [
    "bzip2-dev", "expat-dev", "libbz2-dev", "libexpat1-dev", "liblzma-dev", "libsqlite3-dev", "sqlite-dev", "uuid-dev", "xz-dev",
];

/// Headers, and the package with the library that a program needs that was built with them: its name is the same in every release that
/// is supported.
const LIBRARIES: [(Manager, &str, &str); 23] = [
    (Manager::Apt, "default-libmysqlclient-dev", "libmariadb3"),
    (Manager::Apt, "libjpeg-dev", "libjpeg62-turbo"),
    (Manager::Apt, "libjpeg62-turbo-dev", "libjpeg62-turbo"),
    (Manager::Apt, "libmariadb-dev", "libmariadb3"),
    (Manager::Apt, "libpq-dev", "libpq5"),
    (Manager::Apt, "libsasl2-dev", "libsasl2-2"),
    (Manager::Apt, "libxml2-dev", "libxml2"),
    (Manager::Apt, "libxslt1-dev", "libxslt1.1"),
    (Manager::Apk, "cairo-dev", "cairo"),
    (Manager::Apk, "freetype-dev", "freetype"),
    (Manager::Apk, "giflib-dev", "giflib"),
    (Manager::Apk, "jpeg-dev", "libjpeg-turbo"),
    (Manager::Apk, "libffi-dev", "libffi"),
    (Manager::Apk, "libjpeg-turbo-dev", "libjpeg-turbo"),
    (Manager::Apk, "libpng-dev", "libpng"),
    (Manager::Apk, "libpq-dev", "libpq"),
    (Manager::Apk, "libxml2-dev", "libxml2"),
    (Manager::Apk, "libxslt-dev", "libxslt"),
    (Manager::Apk, "mariadb-connector-c-dev", "mariadb-connector-c"),
    (Manager::Apk, "mariadb-dev", "mariadb-connector-c"),
    (Manager::Apk, "pango-dev", "pango"),
    (Manager::Apk, "postgresql-dev", "libpq"),
    (Manager::Apk, "vips-dev", "vips"),
];

/// The package that an image needs in the place of one that is installed, if any; nothing where that is not known. `official` is the
/// official image that it starts from.
pub(super) fn needed<'a>(official: &str, manager: Manager, word: &'a str) -> Option<Option<&'a str>> {
    let name = word.split(['=', ':', '~']).next().unwrap_or(word);
    let is_interpreter = matches!(official, "python" | "ruby") && IN_INTERPRETERS.contains(&name);
    let is_python = official == "python" && IN_PYTHON.contains(&name);
    // The library of C++ comes with the compiler.
    if manager == Manager::Apk && official != "node" && matches!(name, "g++" | "build-base" | "alpine-sdk") {
        return Some(Some("libstdc++"));
    }
    if is_compiler(manager, name) || TOOLS.contains(&name) || is_interpreter || is_python {
        return Some(None);
    }
    let library = LIBRARIES.iter().find(|(of, headers, _)| *of == manager && *headers == name);
    match library {
        Some((_, _, library)) => Some(Some(library)),
        None if name.ends_with("-dev") || name.starts_with("gfortran") => None,
        None => Some(Some(word)),
    }
}
