// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Where the events of one watch go, and what faults do to them on the way.
final class WatchOutput {
    /// A fault that was laid on this watch.
    struct Laid: Sendable, Equatable {
        var rule: String
        var fault: WatchFault
        fileprivate var passed = 0

        init(rule: String, fault: WatchFault) {
            self.rule = rule
            self.fault = fault
        }

        fileprivate var isDue: Bool { passed >= fault.afterEvents }
    }

    /// The most events that `rewind` can send again.
    static let rewindLimit = 100

    /// What asked for the watch, for faults that are added later. Nil where faults cannot reach it.
    let request: FaultRequest?
    private let lines: AsyncStream<[UInt8]>.Continuation
    /// The most lines that `delay` holds.
    private let limit: Int
    private var laid: [Laid] = []
    private var recent: [[UInt8]] = []
    private var held: [(due: Timestamp, line: [UInt8])] = []
    private(set) var isEnded = false

    init(_ lines: AsyncStream<[UInt8]>.Continuation, limit: Int, request: FaultRequest? = nil) {
        self.lines = lines
        self.limit = limit
        self.request = request
    }

    /// When the next held event is due.
    var nextDue: Timestamp? { held.first?.due }

    func lay(_ fault: Laid) {
        laid.append(fault)
        endWhereDue()
    }

    func lift(rule: String) {
        laid.removeAll { $0.rule == rule }
        if !laid.contains(where: { $0.fault.action == .rewind }) { recent = [] }
    }

    /// False when the watch has ended: the consumer is gone, lags too far behind, or a fault ended it.
    func send(_ line: [UInt8], now: Timestamp) -> Bool {
        guard !isEnded else { return false }
        guard !laid.isEmpty || !held.isEmpty else { return yield(line) }
        var burst = [line]
        var delay = Duration.zero
        var keepsRecent = false
        for entry in laid {
            if entry.fault.action == .rewind { keepsRecent = true }
            guard entry.isDue else { continue }
            switch entry.fault.action {
            case .repeat: burst += burst
            case .rewind where !recent.isEmpty: burst += recent.suffix(entry.fault.events) + [line]
            case .delay: delay = max(delay, entry.fault.delay)
            case .rewind, .drop, .reset, .expire: continue
            }
        }
        if keepsRecent {
            recent.append(line)
            if recent.count > Self.rewindLimit { recent.removeFirst() }
        }
        // Nothing overtakes what is held.
        let due = max(now + delay, held.last?.due ?? now)
        for line in burst {
            if due > now {
                held.append((due, line))
            } else if !yield(line) {
                return false
            }
        }
        guard held.count <= limit else {
            end()
            return false
        }
        for index in laid.indices { laid[index].passed += 1 }
        endWhereDue()
        return !isEnded
    }

    /// Lets go of what was held long enough; false when the watch has ended.
    func release(now: Timestamp) -> Bool {
        while let first = held.first, first.due <= now {
            held.removeFirst()
            guard yield(first.line) else { return false }
        }
        return !isEnded
    }

    /// The end of the watch, after everything that is held.
    func finish() {
        for entry in held where !isEnded { _ = yield(entry.line) }
        end()
    }

    private func yield(_ line: [UInt8]) -> Bool {
        if case .enqueued = lines.yield(line) { return true }
        end()
        return false
    }

    private func end() {
        isEnded = true
        held = []
        lines.finish()
    }

    private func endWhereDue() {
        for entry in laid where entry.isDue && !isEnded {
            switch entry.fault.action {
            case .drop: end()
            case .reset:
                lines.yield(SandboxResponse.broken)
                end()
            case .expire:
                let gone = StatusError.expired("The resourceVersion for the provided watch is too old.")
                lines.yield(JSON.bytes(["type": "ERROR", "object": gone.value]) + [0x0A])
                end()
            case .repeat, .delay, .rewind: continue
            }
        }
    }
}
