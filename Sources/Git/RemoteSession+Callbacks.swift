// SPDX-License-Identifier: Apache-2.0

import CGit2

extension RemoteSession {
    /// The session must outlive every call that gets these callbacks.
    func install(in callbacks: inout git_remote_callbacks) {
        callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        callbacks.transfer_progress = reportProgress
        if case .http = url.location { callbacks.transport = HTTPSubtransport.make }
        if case .ssh = url.location {
            callbacks.credentials = giveCredentials
            callbacks.certificate_check = checkHostKey
        }
    }

    /// What a failed call means. The reason that a callback or the relay recorded is nearer to the cause than
    /// libgit2's.
    func error(for failed: LibGit2Code) -> GitError {
        if let failure { return failure }
        do throws(GitError) { try checkpoint() } catch { return error }
        switch git_error_t(UInt32(bitPattern: failed.klass)) {
        case GIT_ERROR_INDEXER, GIT_ERROR_ODB, GIT_ERROR_ZLIB, GIT_ERROR_OBJECT:
            return GitError(.corruptMirror, url.description, "what came cannot be stored: \(failed.message)")
        default:
            break
        }
        switch url.location {
        case .directory where failed.isNotFound || isAboutRepository(failed):
            return GitError(
                .notFound, url.description, "there is no git repository at this path: \(failed.message)",
                hint: "check the path and that the daemon's user may read it")
        case .ssh
        where failed.code == GIT_EAUTH.rawValue || failed.message.contains("uthenticat")
            || failed.message.contains("private key") || failed.message.contains("public key"):
            return GitError(
                .credentials, url.description, "the key was not usable: \(failed.message)",
                hint: "check the key file and its passphrase")
        case .ssh where failed.code == GIT_EEOF.rawValue || failed.message.contains("EOF"):
            return GitError(
                .notFound, url.description, "the server ended the conversation without naming a repository",
                hint: "check the path, and that the key may read this repository")
        case .ssh, .http:
            return GitError(.unreachable, url.description, failed.message)
        case .directory:
            return GitError(.other, url.description, failed.message)
        }
    }

    private func isAboutRepository(_ failed: LibGit2Code) -> Bool {
        [GIT_ERROR_OS, GIT_ERROR_REPOSITORY, GIT_ERROR_NET].contains(git_error_t(UInt32(bitPattern: failed.klass)))
    }

    var sshUser: String { url.user ?? credentials.username ?? "git" }

    fileprivate func credential(
        _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>, allowed: UInt32
    ) throws(GitError) -> Int32 {
        if allowed & GIT_CREDENTIAL_USERNAME.rawValue != 0 { return git_credential_username_new(out, sshUser) }
        guard let file = credentials.sshKeyFile else {
            throw GitError(
                .credentials, url.description, "no SSH key is set", hint: "name the private key's file (sshKeyFile)")
        }
        guard allowed & GIT_CREDENTIAL_SSH_MEMORY.rawValue != 0 else {
            throw GitError(
                .credentials, url.description, "the server accepts no keys",
                hint: "allow public key authentication for \(sshUser) there")
        }
        guard nextCredentialRequest() == 1 else {
            throw GitError(
                .credentials, url.description, "the server does not accept the key in \(file) for user \(sshUser)",
                hint: "add its public key to the server's account")
        }
        let key = String(decoding: try SmallFile.read(file), as: UTF8.self)
        let passphrase: String? =
            if let file = credentials.sshPassphraseFile { try SmallFile.secret(file) } else { nil }
        return git_credential_ssh_key_memory_new(out, sshUser, nil, key, passphrase)
    }

    fileprivate func checkHost(_ key: git_cert_hostkey) throws(GitError) {
        guard case .ssh(let address) = url.location, key.type.rawValue & GIT_CERT_SSH_RAW.rawValue != 0,
            let bytes = key.hostkey
        else { throw GitError(.hostKey, url.description, "the server's key cannot be read") }
        let raw = UnsafeRawBufferPointer(start: bytes, count: min(key.hostkey_len, 65_536))
        try HostKey(Array(raw)).check(address, subject: url.description, knownHostsFile: credentials.knownHostsFile)
    }

    fileprivate func progress(_ stats: git_indexer_progress) throws(GitError) {
        try checkpoint()
        guard stats.received_bytes <= limits.fetchBytes else {
            throw GitError(.tooLarge, url.description, "the fetch is larger than \(limits.fetchBytes) bytes")
        }
    }

    /// Runs a callback's body: a thrown error is recorded and becomes the code that stops libgit2.
    fileprivate static func callback(
        _ payload: UnsafeMutableRawPointer?, _ body: (RemoteSession) throws(GitError) -> Int32
    ) -> Int32 {
        guard let payload else { return GIT_EUSER.rawValue }
        let session = Unmanaged<RemoteSession>.fromOpaque(payload).takeUnretainedValue()
        do throws(GitError) {
            return try body(session)
        } catch {
            session.fail(error)
            return GIT_EUSER.rawValue
        }
    }
}

private let reportProgress: git_indexer_progress_cb = { stats, payload in
    RemoteSession.callback(payload) { session throws(GitError) in
        if let stats { try session.progress(stats.pointee) }
        return 0
    }
}

private let giveCredentials: git_credential_acquire_cb = { out, _, _, allowed, payload in
    RemoteSession.callback(payload) { session throws(GitError) in
        guard let out else { return GIT_EUSER.rawValue }
        return try session.credential(out, allowed: allowed)
    }
}

private let checkHostKey: git_transport_certificate_check_cb = { certificate, _, _, payload in
    RemoteSession.callback(payload) { session throws(GitError) in
        guard let certificate, certificate.pointee.cert_type == GIT_CERT_HOSTKEY_LIBSSH2 else {
            throw GitError(.hostKey, session.url.description, "the server showed no host key")
        }
        try session.checkHost(
            UnsafeRawPointer(certificate).assumingMemoryBound(to: git_cert_hostkey.self).pointee)
        return 0
    }
}
