// SPDX-License-Identifier: Apache-2.0

/// What came of a body and was not yet read, bounded. Pure: `StreamBody` does what it answers.
struct BodyBuffer: Sendable, Equatable {
    enum Taken: Sendable, Equatable {
        /// `unpauses`: the sender was held up by this buffer and may go on.
        case bytes([UInt8], unpauses: Bool)
        case empty
        case end
        case failure(TransportError)
    }

    private enum End: Sendable, Equatable {
        case complete
        case failed(TransportError)
    }

    let capacity: Int
    private var bytes: [UInt8] = []
    private var isPaused = false
    private var end: End?

    init(capacity: Int) { self.capacity = capacity }

    /// False: no room, and nothing was taken; the sender is to wait and to give the same bytes again.
    /// An empty buffer takes any chunk, or one larger than the capacity would wait for ever.
    mutating func write(_ chunk: some Collection<UInt8>) -> Bool {
        guard bytes.isEmpty || bytes.count + chunk.count <= capacity else {
            isPaused = true
            return false
        }
        bytes.append(contentsOf: chunk)
        return true
    }

    /// All there is; the end comes after the last byte.
    mutating func take() -> Taken {
        if !bytes.isEmpty {
            defer {
                bytes = []
                isPaused = false
            }
            return .bytes(bytes, unpauses: isPaused)
        }
        return switch end {
        case nil: .empty
        case .complete: .end
        case .failed(let error): .failure(error)
        }
    }

    /// The first end stands.
    mutating func finish(_ error: TransportError?) {
        guard end == nil else { return }
        end = error.map { .failed($0) } ?? .complete
    }
}
