use super::*;

#[test]
fn a_folder_names_a_release() {
    assert_eq!(
        release("v1.9/alpine/Dockerfile"),
        Some(("*/alpine/Dockerfile".to_owned(), vec![1, 9]))
    );
    assert_eq!(
        release("images/12/web/Dockerfile"),
        Some(("images/*/web/Dockerfile".to_owned(), vec![12]))
    );
    assert_eq!(
        release("docker/flex-3.11/Dockerfile"),
        Some(("docker/*/Dockerfile".to_owned(), vec![3, 11]))
    );
    assert_eq!(release("web/Dockerfile.1.2"), None);
    assert_eq!(release("v2x/Dockerfile"), None);
}

#[test]
fn words_of_a_path_say_what_a_file_is_for() {
    for path in [
        ".devcontainer/Dockerfile",
        "Dockerfile.dev",
        "docker-compose-dev.yml",
        "docker/tests/Dockerfile",
        "compose.ci.yaml",
        "dev-tools/Dockerfile",
        "x/.codesandbox/Dockerfile",
        ".gitpod.Dockerfile",
        "Dockerfile-js-testbed",
        "fpm-dev",
        "docs.Dockerfile",
        "Dockerfile.local",
    ] {
        assert!(says_so(path), "{path}");
    }
    for path in [
        "Dockerfile",
        "device/Dockerfile",
        "contest/compose.yaml",
        "docker-compose.prod.yml",
        "latest/Dockerfile",
        "agent/sandbox/Dockerfile",
        "docs/compose.yaml",
        "docker-compose.local.yml",
    ] {
        assert!(!says_so(path), "{path}");
    }
}
