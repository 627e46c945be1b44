// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing

@testable import Mainstay

/// Against a real datagram socket, as systemd's own.
@Suite("systemd notifier")
struct SystemdNotifierTests {
    @Test("Each sign is one datagram in the form of sd_notify(3)")
    func messages() throws {
        let socket = try NotifySocket(.file)
        let notifier = SystemdNotifier(environment: ["NOTIFY_SOCKET": socket.name])
        notifier.ready("started")
        notifier.status("3 of 4 applications healthy")
        notifier.alive()
        notifier.stopping()
        #expect(
            socket.received() == [
                "READY=1\nSTATUS=started", "STATUS=3 of 4 applications healthy", "WATCHDOG=1",
                "STOPPING=1\nSTATUS=stopping",
            ])
    }

    @Test("A socket in the abstract namespace is reached too")
    func abstract() throws {
        let socket = try NotifySocket(.abstract)
        SystemdNotifier(environment: ["NOTIFY_SOCKET": socket.name]).alive()
        #expect(socket.received() == ["WATCHDOG=1"])
    }

    @Test("A text of several lines cannot add a field of its own")
    func lines() throws {
        let socket = try NotifySocket(.file)
        SystemdNotifier(environment: ["NOTIFY_SOCKET": socket.name]).status("fine\nMAINPID=1\r\nSTOPPING=1")
        #expect(socket.received() == ["STATUS=fine MAINPID=1  STOPPING=1"])
    }

    @Test("Without a socket, or with one that nobody reads, nothing happens")
    func noSocket() {
        for name in [nil, "", "/nonexistent/notify", String(repeating: "x", count: 200)] {
            SystemdNotifier(environment: name.map { ["NOTIFY_SOCKET": $0] } ?? [:]).ready("started")
        }
    }

    @Test("The watchdog is fed twice as often as asked for")
    func watchdog() {
        let environment = ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000"]
        #expect(SystemdNotifier(environment: environment).watchdogInterval == .seconds(15))
        let ours = environment.merging(["WATCHDOG_PID": String(getpid())]) { $1 }
        #expect(SystemdNotifier(environment: ours).watchdogInterval == .seconds(15))
    }

    @Test(
        "No watchdog where systemd asks for none, or asks another process",
        arguments: [
            ["NOTIFY_SOCKET": "/x"], ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "0"],
            ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"], ["WATCHDOG_USEC": "30000000"],
            ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"],
        ])
    func noWatchdog(environment: [String: String]) {
        #expect(SystemdNotifier(environment: environment).watchdogInterval == nil)
    }
}

/// A bound datagram socket that is read without waiting: a datagram is there when its sender has returned.
private final class NotifySocket {
    enum Kind {
        case file, abstract
    }

    struct Failure: Error {}

    let name: String
    private let path: String?
    private let descriptor: Int32

    init(_ kind: Kind) throws {
        let unique = "mainstay-\(UUID().uuidString.prefix(8))"
        switch kind {
        case .file:
            let file = FileManager.default.temporaryDirectory.appendingPathComponent(unique).path
            name = file
            path = file
        case .abstract:
            name = "@\(unique)"
            path = nil
        }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if kind == .abstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw Failure() }
    }

    deinit {
        close(descriptor)
        if let path { unlink(path) }
    }

    func received() -> [String] {
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { return messages }
            messages.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }
}
