// SPDX-License-Identifier: Apache-2.0

/// Where one request is, and who is to be told of what. Pure: `Transfer` does what it answers.
///
/// Whatever the order of events, the caller's continuation is resumed exactly once: `begin` refused, `answer` accepted,
/// or `finish` answering `.caller`. After a stream's answer the end goes to the body's reader instead, once as well.
struct TransferLifecycle: Sendable, Equatable {
    enum State: Sendable, Equatable {
        case created
        /// Cancelled before it began: in an already cancelled task the cancellation handler runs first.
        case tombstone
        /// The caller waits for the answer.
        case waiting
        /// The caller has status and headers; the body is on its way.
        case streaming
        case ended
    }

    enum Recipient: Sendable, Equatable {
        case caller, reader, nobody
    }

    private(set) var state = State.created

    /// The caller has a continuation now. False: it was cancelled already and is to be told so at once.
    mutating func begin() -> Bool {
        guard state == .created else {
            state = .ended
            return false
        }
        state = .waiting
        return true
    }

    /// True where the owner thread has something to stop.
    mutating func cancel() -> Bool {
        switch state {
        case .created:
            state = .tombstone
            return false
        case .tombstone, .ended:
            return false
        case .waiting, .streaming:
            return true
        }
    }

    /// Status and headers of a stream are there. True where the caller is to get them.
    mutating func answer() -> Bool {
        guard state == .waiting else { return false }
        state = .streaming
        return true
    }

    /// The request is over, well or not. Answers who is to get the result.
    mutating func finish() -> Recipient {
        defer { state = .ended }
        return switch state {
        case .waiting: .caller
        case .streaming: .reader
        case .created, .tombstone, .ended: .nobody
        }
    }
}
