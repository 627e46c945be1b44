// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kustomize
import Planning
import Reconciler
import TestSupport
import Testing
import Transport

@testable import Mainstay

/// Debian's `docker-registry` on a loopback port.
private final class RegistryServer {
    static let program = "/usr/bin/docker-registry"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    let host: String
    private let folder: TemporaryDirectory
    private let process: Child
    private let transport: CurlTransport

    /// - Parameter asksForPassword: of `ada`, who has `hunter2hunter2`.
    init(asksForPassword: Bool, transport: CurlTransport) async throws {
        self.transport = transport
        folder = try TemporaryDirectory()
        // Below the ports that the kernel gives away.
        let port = UInt16.random(in: 20_000..<32_000)
        host = "127.0.0.1:\(port)"
        try folder.write("ada:$2b$05$abcdefghijklmnopqrstuuHNzobToyoUx/XDeHA.0qHXOcixZPlSm\n", to: "passwords")
        let auth = asksForPassword ? "auth: {htpasswd: {realm: test, path: \(folder.path)/passwords}}" : ""
        let configuration = try folder.write(
            """
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: \(folder.path)/data}}
            http: {addr: "\(host)"}
            \(auth)

            """, to: "config.yml")
        process = try Child(
            Self.program, ["serve", configuration], environment: Command.gitEnvironment(), errors: "\(folder.path)/log")
        let deadline = ContinuousClock.now + .seconds(60)
        while (try? await send("GET", "/v2/"))?.status == nil {
            guard ContinuousClock.now < deadline else { throw Child.NotInTime(description: "docker-registry") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    deinit { process.terminate() }

    private func send(
        _ method: String, _ path: String, _ body: [UInt8]? = nil, type: String? = nil
    ) async throws -> HTTPResponse {
        var request = HTTPRequest(
            method: method, url: path.hasPrefix("http") ? path : "http://\(host)\(path)", body: body)
        request.headers["Content-Type"] = type
        request.headers["Authorization"] = "Basic YWRhOmh1bnRlcjJodW50ZXIy"
        return try await transport.send(request)
    }

    /// Pushes an image with nothing in it.
    func push(_ repository: String, _ tag: String) async throws {
        let configuration = Array(
            #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)
        let digest = "sha256:" + ContentDigest.sha256Hex(configuration)
        let upload = try await send("POST", "/v2/\(repository)/blobs/uploads/", [])
        let location = try #require(upload.headers["Location"])
        let stored = try await send(
            "PUT", "\(location)&digest=\(digest)", configuration, type: "application/octet-stream")
        #expect(stored.status == 201)
        let type = "application/vnd.docker.distribution.manifest.v2+json"
        let manifest = """
            {"schemaVersion": 2, "mediaType": "\(type)", "layers": [], "config": {"mediaType": \
            "application/vnd.docker.container.image.v1+json", "size": \(configuration.count), "digest": "\(digest)"}}
            """
        let tagged = try await send("PUT", "/v2/\(repository)/manifests/\(tag)", Array(manifest.utf8), type: type)
        #expect(tagged.status == 201)
    }
}

@Suite(
    "A real registry", .timeLimit(.minutes(2)), .serialized,
    .enabled(if: RegistryServer.isInstalled, "needs docker-registry"))
struct RegistryServerTests {
    @Test("It says that an image is missing until it is pushed, whether its repository is there or not")
    func comesLater() async throws {
        let transport = try CurlTransport()
        let server = try await RegistryServer(asksForPassword: false, transport: transport)
        let client = RegistryClient(
            [Configuration.Registry(host: server.host, isInsecure: true)], transport: transport)
        let image = try #require(RegistryImage("\(server.host)/team/api:1"))
        #expect(await client.look(for: image, with: []) == .isMissing, "there is no repository yet")
        try await server.push("team/api", "0")
        #expect(await client.look(for: image, with: []) == .isMissing)
        try await server.push("team/api", "1")
        #expect(await client.look(for: image, with: []) == .isThere)
        await transport.shutdown()
    }

    @Test("It is asked with the pull secret's password, and refuses a wrong one")
    func password() async throws {
        let transport = try CurlTransport()
        let server = try await RegistryServer(asksForPassword: true, transport: transport)
        try await server.push("api", "1")
        let client = RegistryClient(
            [Configuration.Registry(host: server.host, isInsecure: true)], transport: transport)
        let image = try #require(RegistryImage("\(server.host)/api:1"))
        let port = server.host.split(separator: ":")[1]
        func credential(_ password: String) -> PullCredential {
            PullCredential(registry: "127.0.0.1:\(port)", username: "ada", password: password)
        }
        #expect(await client.look(for: image, with: [credential("hunter2hunter2")]) == .isThere)
        let missing = try #require(RegistryImage("\(server.host)/api:2"))
        #expect(
            await client.look(for: missing, with: [credential("wrong"), credential("hunter2hunter2")]) == .isMissing)
        let answer = await client.look(for: image, with: [credential("wrong")])
        #expect(answer == .unknown("it refuses the credentials that there are", isTransient: false))
        await transport.shutdown()
        let gone = await client.look(for: image, with: [])
        guard case .unknown = gone else {
            Issue.record("\(gone)")
            return
        }
    }
}
