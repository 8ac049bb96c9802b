//! Lists of commands, for what a RUN may bring.

const HARMLESS: &str = "cd mkdir rmdir chmod chown chgrp echo printf rm set export unset test [ [[ true false : sed cat touch \
    sleep find grep egrep ls env id whoami pwd exit if then command which type date head tail sort uname \
    dpkg-reconfigure locale-gen update-ca-certificates ldconfig strip tr cut wc chpasswd passwd setcap \
    mktemp basename dirname readlink realpath arch du df sync umask ulimit local return apt-key apt-mark \
    apt-cache nproc diff md5sum sha256sum sha512sum stat xargs tee shift trap ssh-keygen sha1sum";

/// Commands that bring no program and make no account.
pub(super) fn is_harmless(program: &str) -> bool {
    HARMLESS.split(' ').any(|known| known == program)
}

const MODULES: &str = "go cargo npx pnpm corepack bun node poetry uv pipenv pdm bundle gem mvn gradle dotnet python python3 \
    rake tsc ruby django-admin gunicorn playwright";

/// Commands of languages and builds: what they bring is no tool of the system.
pub(super) fn brings_modules(program: &str) -> bool {
    MODULES.split(' ').any(|known| known == program)
}

const TOOLS: &str = "curl wget nc bash ash sh ps pgrep pkill ping netstat ss ip dig nslookup getent jq openssl gosu \
    su-exec tini dumb-init sudo pg_isready psql redis-cli mysqladmin nginx socat telnet busybox";

/// Tools that no language's package manager brings.
pub(super) fn is_system_tool(name: &str) -> bool {
    TOOLS.split(' ').any(|known| known == name)
}
