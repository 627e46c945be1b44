// SPDX-License-Identifier: Apache-2.0

import Foundation
import Manifests
import TestSupport
import Testing
import Transport

@testable import Git

/// A real `sshd` on a loopback port, with keys of its own, for the user who runs the tests.
final class SSHServer {
    static let program = "/usr/sbin/sshd"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    let folder: TemporaryDirectory
    let port: UInt16
    private let process: Child

    var knownHosts: String { folder.path + "/known_hosts" }
    var key: String { folder.path + "/user" }
    var user: String { NSUserName() }

    init() throws {
        folder = try TemporaryDirectory()
        port = try Self.freePort()
        try Self.makeKey(folder.path + "/host")
        try Self.makeKey(folder.path + "/user")
        let userKey = try String(contentsOfFile: folder.path + "/user.pub", encoding: .utf8)
        let keys = try folder.write(userKey, to: "authorized_keys")
        let hostKey = try String(contentsOfFile: folder.path + "/host.pub", encoding: .utf8)
        try folder.write("[127.0.0.1]:\(port) \(hostKey)", to: "known_hosts")
        let configuration = try folder.write(
            """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(folder.path)/host
            AuthorizedKeysFile \(keys)
            PidFile none
            StrictModes no
            UsePAM no
            PermitRootLogin yes
            PasswordAuthentication no
            KbdInteractiveAuthentication no

            """, to: "sshd_config")
        // sshd insists on this folder; only root may make it, and only root's sshd wants it.
        try? FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: false)
        process = try Child(
            Self.program, ["-D", "-e", "-f", configuration], environment: Command.gitEnvironment(),
            errors: folder.path + "/log")
        try waitUntilListening()
    }

    deinit { process.terminate() }

    var log: String { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }

    static func makeKey(_ path: String, type: String = "ed25519", passphrase: String = "") throws {
        let result = try Command.run(
            "ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path],
            environment: Command.gitEnvironment())
        guard result.status == 0 else { throw Command.Failure(arguments: [path], text: result.text) }
    }

    private func waitUntilListening() throws {
        for _ in 0..<200 where !log.contains("Server listening") {
            Thread.sleep(forTimeInterval: 0.02)
        }
        guard log.contains("Server listening") else { throw Command.Failure(arguments: [Self.program], text: log) }
    }

    private static func freePort() throws -> UInt16 {
        let listener = try Socket.listen()
        close(listener.descriptor)
        return listener.port
    }
}

@Suite(
    "Git over SSH", .serialized, .timeLimit(.minutes(2)),
    .enabled(if: SSHServer.isInstalled, "needs /usr/sbin/sshd: install the package openssh-server"))
struct SSHTests {
    private func mirror(
        _ server: SSHServer, _ repository: TemporaryRepository, in folder: TemporaryDirectory,
        change: (inout GitCredentials) -> Void = { _ in }, url: String? = nil
    ) throws -> GitMirror {
        var credentials = GitCredentials(sshKeyFile: server.key, knownHostsFile: server.knownHosts)
        change(&credentials)
        return try GitMirror(
            directory: folder.path + "/mirror",
            url: url ?? "ssh://\(server.user)@127.0.0.1:\(server.port)\(repository.path)", credentials: credentials,
            transport: BackendTransport(root: "/"))
    }

    @Test("brings branches with a key from a known host")
    func fetches() async throws {
        let (server, repository, folder) = try (SSHServer(), TemporaryRepository(), TemporaryDirectory())
        let head = try id(repository.commit("a", "1"))
        let mirror = try mirror(server, repository, in: folder)
        #expect(try await mirror.remoteHeads(of: ["main"]) == ["main": head])
        #expect(try await mirror.fetch(branches: ["main"]) == ["main": head])
        let next = try id(repository.commit("a", "2"))
        #expect(try await mirror.fetch(branches: ["main", "absent"]) == ["main": next])
    }

    @Test("a key with a passphrase needs its file")
    func passphrase() async throws {
        let (server, repository, folder) = try (SSHServer(), TemporaryRepository(), TemporaryDirectory())
        let head = try id(repository.commit("a", "1"))
        let locked = folder.path + "/locked"
        try SSHServer.makeKey(locked, passphrase: "open sesame")
        let keys = try String(contentsOfFile: locked + ".pub", encoding: .utf8)
        try server.folder.write(keys, to: "authorized_keys")
        let passphrase = try folder.write("open sesame\n", to: "passphrase")
        let opened = try mirror(server, repository, in: folder) {
            ($0.sshKeyFile, $0.sshPassphraseFile) = (locked, passphrase)
        }
        #expect(try await opened.remoteHeads(of: ["main"]) == ["main": head])
        let wrong = try folder.write("wrong\n", to: "wrong")
        let refused = try mirror(server, repository, in: folder) {
            ($0.sshKeyFile, $0.sshPassphraseFile) = (locked, wrong)
        }
        let error = await expectError(.credentials) { _ = try await refused.remoteHeads(of: ["main"]) }
        #expect(error?.description.contains("wrong") == false)
    }

    @Test(
        "an unknown, changed or unlisted host is refused with its fingerprint",
        arguments: ["unknown", "changed", "none"])
    func hostKeys(_ what: String) async throws {
        let (server, repository, folder) = try (SSHServer(), TemporaryRepository(), TemporaryDirectory())
        try repository.commit("a", "1")
        try SSHServer.makeKey(folder.path + "/other")
        let other = try String(contentsOfFile: folder.path + "/other.pub", encoding: .utf8)
        let file = try folder.write(
            what == "changed" ? "# hosts\n[127.0.0.1]:\(server.port) \(other)" : "example.com \(other)", to: "hosts")
        let mirror = try mirror(server, repository, in: folder) { $0.knownHostsFile = what == "none" ? nil : file }
        let error = await expectError(.hostKey) { _ = try await mirror.fetch(branches: ["main"]) }
        let fingerprint = try Command.run(
            "ssh-keygen", ["-l", "-f", server.folder.path + "/host.pub"], environment: Command.gitEnvironment()
        ).text.split(separator: " ")[1]
        #expect(error?.message.contains(fingerprint) == true)
        if what == "changed" { #expect(error?.message.contains("\(file):2") == true) }
    }

    @Test("a hashed known-hosts file is understood")
    func hashed() async throws {
        let (server, repository, folder) = try (SSHServer(), TemporaryRepository(), TemporaryDirectory())
        let head = try id(repository.commit("a", "1"))
        _ = try Command.run("ssh-keygen", ["-q", "-H", "-f", server.knownHosts], environment: Command.gitEnvironment())
        #expect(try String(contentsOfFile: server.knownHosts, encoding: .utf8).hasPrefix("|1|"))
        let mirror = try mirror(server, repository, in: folder)
        #expect(try await mirror.remoteHeads(of: ["main"]) == ["main": head])
    }

    @Test("a key that the server does not know is refused once, by name")
    func strangerKey() async throws {
        let (server, repository, folder) = try (SSHServer(), TemporaryRepository(), TemporaryDirectory())
        try repository.commit("a", "1")
        try SSHServer.makeKey(folder.path + "/stranger")
        let stranger = folder.path + "/stranger"
        let mirror = try mirror(server, repository, in: folder) { $0.sshKeyFile = stranger }
        let error = await expectError(.credentials) { _ = try await mirror.fetch(branches: ["main"]) }
        #expect(error?.message.contains(stranger) == true)
        let keyless = try self.mirror(server, repository, in: folder) { $0.sshKeyFile = nil }
        await expectError(.credentials) { _ = try await keyless.fetch(branches: ["main"]) }
    }

    @Test("a path relative to the user's home goes through as it is")
    func relativePath() async throws {
        let (server, repository) = try (SSHServer(), TemporaryRepository())
        let head = try id(repository.commit("a", "1"))
        let home = getpwuid(getuid()).map { String(cString: $0.pointee.pw_dir) } ?? "/"
        let path = String(repeating: "../", count: home.split(separator: "/").count) + repository.path.dropFirst()
        // The form of `scp` has no port, and the server is not on 22.
        let address = GitURL.SSHAddress(host: "127.0.0.1", port: server.port, path: path)
        let url = GitURL(location: .ssh(address), user: server.user, description: "127.0.0.1:\(path)")
        let session = RemoteSession(
            url: url, credentials: GitCredentials(sshKeyFile: server.key, knownHostsFile: server.knownHosts),
            transport: BackendTransport(root: "/"), tls: TLSOptions(), limits: GitLimits(), total: .seconds(30))
        #expect(try await RemoteWorker(for: url).heads(of: ["main"], session) == ["main": head])
    }

    @Test("a repository that is not there is not found")
    func missing() async throws {
        let (server, repository, folder) = try (SSHServer(), TemporaryRepository(), TemporaryDirectory())
        let url = "ssh://\(server.user)@127.0.0.1:\(server.port)/nonexistent/repo.git"
        let mirror = try mirror(server, repository, in: folder, url: url)
        await expectError(.notFound) { _ = try await mirror.fetch(branches: ["main"]) }
    }

    @Test("nobody listening is unreachable")
    func refused() async throws {
        let folder = try TemporaryDirectory()
        let listener = try Socket.listen()
        close(listener.descriptor)
        let mirror = try GitMirror(
            directory: folder.path + "/mirror", url: "ssh://git@127.0.0.1:\(listener.port)/x",
            credentials: GitCredentials(), transport: BackendTransport(root: "/"))
        let error = await expectError(.unreachable) { _ = try await mirror.fetch(branches: ["main"]) }
        #expect(error?.isTransient == true)
    }
}

@Suite("SSHRelay", .timeLimit(.minutes(1)))
struct SSHRelayTests {
    /// A peer that takes connections and says nothing, for ever.
    private func silentMirror(_ folder: TemporaryDirectory, silence: Duration) throws -> (GitMirror, Int32) {
        let listener = try Socket.listen()
        var limits = GitLimits()
        limits.silence = silence
        let mirror = try GitMirror(
            directory: folder.path + "/mirror", url: "ssh://git@127.0.0.1:\(listener.port)/x",
            credentials: GitCredentials(), transport: BackendTransport(root: "/"), limits: limits)
        return (mirror, listener.descriptor)
    }

    @Test("a silent server is given up, and its thread is free for the next call")
    func silent() async throws {
        let folder = try TemporaryDirectory()
        let (mirror, listener) = try silentMirror(folder, silence: .milliseconds(200))
        defer { close(listener) }
        for _ in 0..<2 {
            await expectError(.timeout) { _ = try await mirror.fetch(branches: ["main"]) }
        }
    }

    @Test("cancelling ends a call to a silent server")
    func cancelled() async throws {
        let folder = try TemporaryDirectory()
        let (mirror, listener) = try silentMirror(folder, silence: .seconds(600))
        defer { close(listener) }
        let fetch = Task { try await mirror.fetch(branches: ["main"]) }
        // Once the connection is there, libgit2 waits for the server's greeting.
        Socket.unblock(listener)
        var peer: Int32 = -1
        while peer < 0 {
            await Task.yield()
            peer = accept(listener, nil, nil)
        }
        defer { close(peer) }
        fetch.cancel()
        await expectError(.cancelled) { _ = try await fetch.value }
    }
}

@Suite("KnownHosts")
struct KnownHostsTests {
    /// A key's wire form: the type's length, the type, some bytes.
    private func key(_ type: String, _ seed: UInt8) -> HostKey {
        HostKey([0, 0, 0, UInt8(type.utf8.count)] + Array(type.utf8) + [seed, seed, seed])
    }

    private func line(_ names: String, _ key: HostKey) -> String { "\(names) \(key.type) \(Base64.encode(key.bytes))" }

    @Test(
        "matches names as ssh does",
        arguments: [
            ("example.com", true), ("EXAMPLE.com", true), ("*.com", true), ("ex?mple.com", true),
            ("a,example.com", true),
            ("other.com", false), ("*.com,!example.com", false), ("!example.com", false), ("[example.com]:22", false),
            ("example.co", false), ("*", true), ("*.*.com", false), ("e*m*.com", true),
        ])
    func names(_ names: String, _ isTrusted: Bool) {
        let known = KnownHosts(line(names, key("ssh-ed25519", 1)))
        let verdict = known.verdict(on: key("ssh-ed25519", 1), name: "example.com")
        #expect(verdict == (isTrusted ? .trusted : .unknown))
    }

    @Test("tells changed, revoked and other types apart, with lines")
    func verdicts() {
        let (good, other, rsa) = (key("ssh-ed25519", 1), key("ssh-ed25519", 2), key("ssh-rsa", 1))
        let known = KnownHosts(
            """
            # comment

            \(line("a", good))
            @revoked \(line("*", other))
            @cert-authority \(line("*", rsa))
            broken line
            """)
        #expect(known.verdict(on: good, name: "a") == .trusted)
        #expect(known.verdict(on: other, name: "a") == .revoked(line: 4))
        #expect(known.verdict(on: key("ssh-ed25519", 3), name: "a") == .changed(line: 3))
        #expect(known.verdict(on: rsa, name: "a") == .otherTypes(["ssh-ed25519"]))
        #expect(known.verdict(on: good, name: "b") == .unknown)
    }

    @Test("a host on another port is another name")
    func ports() {
        #expect(KnownHosts.name(host: "A.example.com", port: 22) == "a.example.com")
        #expect(KnownHosts.name(host: "a.example.com", port: 2222) == "[a.example.com]:2222")
    }

    @Test("base64 reads back what it wrote", arguments: 0..<40)
    func base64(_ count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
        #expect(Base64.encode(bytes) == Data(bytes).base64EncodedString())
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
}
