//! Folders of images, by whom they belong to.

/// Folders of every distribution in which root alone makes files.
pub(super) const OF_ROOT: [&str; 17] = [
    "/",
    "/bin",
    "/etc",
    "/home",
    "/lib",
    "/opt",
    "/sbin",
    "/srv",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/sbin",
    "/var",
];

/// Folders that belong to others in some images, or to everybody: the homes, Go's, Ruby's, Rust's and PHP's, and those of
/// services.
pub(super) const OF_OTHERS: [&str; 14] = [
    "/dev",
    "/go",
    "/home",
    "/proc",
    "/run",
    "/tmp",
    "/usr/local/apache2",
    "/usr/local/bundle",
    "/usr/local/cargo",
    "/usr/local/rustup",
    "/usr/share",
    "/var/cache",
    "/var/lib",
    "/var/www",
];

/// Folders that belong to root in images of others, too.
pub(super) const OF_ROOT_ANYWHERE: [&str; 10] = [
    "/",
    "/bin",
    "/etc",
    "/opt",
    "/sbin",
    "/usr",
    "/usr/bin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/sbin",
];
