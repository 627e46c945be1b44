// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Tells systemd how the daemon is (sd_notify(3)): a datagram to the socket named by `NOTIFY_SOCKET`.
///
/// Without that variable it does nothing: the daemon runs in a pod or by hand.
struct SystemdNotifier: Sendable {
    private let address: String?
    /// How often systemd wants a sign of life; nil where it wants none.
    let watchdogInterval: Duration?

    init(environment: [String: String]) {
        address = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        let isOurs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0
        // Twice as often as asked for, as sd_watchdog_enabled(3) advises.
        watchdogInterval = address != nil && isOurs && microseconds > 0 ? .microseconds(microseconds / 2) : nil
    }

    // A line feed in a status would begin another field.
    func ready(_ status: String) { send("READY=1\nSTATUS=\(status.withoutControls)") }
    func status(_ status: String) { send("STATUS=\(status.withoutControls)") }
    func stopping() { send("STOPPING=1\nSTATUS=stopping") }
    func alive() { send("WATCHDOG=1") }

    private func send(_ message: String) {
        guard let address else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        var path = Array(address.utf8)
        // An abstract socket's name begins with a zero byte, written as "@".
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count < MemoryLayout.size(ofValue: target.sun_path) else { return }
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let bytes = Array(message.utf8)
        _ = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, length)
            }
        }
    }
}
