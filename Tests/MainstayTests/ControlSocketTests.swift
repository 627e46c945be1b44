// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Logging
internal import Manifests
internal import Reconciler
internal import StatusServer
internal import Synchronization
internal import TestSupport
internal import Testing
internal import Transport

@testable internal import Mainstay

/// The socket itself: its file, and what the kernel says of who connects.
@Suite("The control socket", .timeLimit(.minutes(2)))
struct ControlSocketTests {
    private final class Actions: OperatorActions {
        let actors = Mutex<[String]>([])

        func perform(_ action: OperatorAction, by actor: String) async throws(ActionRefusal) -> ActionAnswer {
            actors.withLock { $0.append(actor) }
            return ActionAnswer("done")
        }
    }

    /// Serves at the path while `body` runs.
    private func serve(
        at path: String, _ actions: Actions, owner: UInt32 = geteuid(),
        _ body: (CurlTransport) async throws -> Void
    ) async throws {
        let access = ControlAccess(owner: owner) { _ in "tester" }
        let (listening, isListening) = AsyncStream<Void>.makeStream()
        let server = ControlServer(
            path: path, access: access, actions: actions,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { isListening.finish() }
        let task = Task { try await server.run() }
        for await _ in listening {}
        let transport = try CurlTransport()
        do {
            try await body(transport)
        } catch {
            task.cancel()
            throw error
        }
        await transport.shutdown()
        task.cancel()
        _ = await task.result
    }

    private func reconcile(_ path: String) -> HTTPRequest {
        var request = HTTPRequest(method: "POST", url: "http://localhost/api/v1/reconcile")
        request.unixSocket = path
        return request
    }

    private func mode(_ path: String) -> UInt32? {
        var information = stat()
        return lstat(path, &information) == 0 ? information.st_mode & 0o7777 : nil
    }

    @Test("It is its owner's alone, answers them by name, and is gone with the server")
    func serves() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/control.sock"
        let actions = Actions()
        try await serve(at: path, actions) { transport in
            #expect(mode(path) == 0o600)
            let answer = try await transport.send(reconcile(path))
            #expect(answer.status == 200)
        }
        #expect(actions.actors.withLock(\.self) == ["tester (uid \(geteuid()))"])
        #expect(mode(path) == nil)
    }

    @Test("A socket that a killed daemon left is replaced; what is no socket is left alone")
    func stale() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/control.sock"
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(descriptor)
        #expect(mode(path) != nil)
        try await serve(at: path, Actions()) { transport in
            let answer = try await transport.send(reconcile(path))
            #expect(answer.status == 200)
        }

        let file = try directory.write("precious", to: "file")
        let server = ControlServer(
            path: file, access: ControlSocket.access, actions: Actions(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do {
            try await server.run()
            Issue.record("it serves where a file was")
        } catch {}
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
    }

    @Test("Another user is refused, whatever the file's mode", .enabled(if: geteuid() != 0))
    func anotherUser() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/control.sock"
        let actions = Actions()
        try await serve(at: path, actions, owner: geteuid() + 1) { transport in
            let answer = try await transport.send(reconcile(path))
            #expect(answer.status == 403)
        }
        #expect(actions.actors.withLock(\.self) == [])
    }

    @Test("Users have the names of passwd(5)")
    func names() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nada:x:1000:1000:Ada,,,:/home/ada:/bin/bash\n"
        #expect(ControlSocket.userName(1000, in: passwd) == "ada")
        #expect(ControlSocket.userName(0, in: passwd) == "root")
        #expect(ControlSocket.userName(7, in: passwd) == nil)
    }

    @Test("It is found by its option, the variable, the configuration, and where the default has it")
    func found() throws {
        let directory = try TemporaryDirectory()
        let config = try directory.write(
            """
            apiVersion: mainstay.dev/v1
            kind: Configuration
            source: {url: "https://git.example.com/planet.git"}
            data: {directory: ./state}

            """, to: "mainstay.yaml")
        func find(_ socket: String?, _ config: String?, _ environment: [String: String] = [:]) throws -> String {
            try ControlSocket.find(socket: socket, config: config, environment: environment)
        }
        #expect(try find("/a.sock", config, ["MAINSTAY_SOCKET": "/b.sock"]) == "/a.sock")
        #expect(try find(nil, config, ["MAINSTAY_SOCKET": "/b.sock"]) == "/b.sock")
        #expect(try find(nil, config) == "\(directory.path)/./state/control.sock")
        #expect(try find(nil, nil, ["MAINSTAY_DATA_DIRECTORY": "/data"]) == "/data/control.sock")
        #expect(try find("", nil, ["MAINSTAY_SOCKET": ""]) == "/var/lib/mainstay/control.sock")
    }
}
