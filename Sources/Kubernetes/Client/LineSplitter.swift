// SPDX-License-Identifier: Apache-2.0

/// Cuts a byte stream into lines, however it was cut into pieces, and refuses a line that never ends.
struct LineSplitter: Sendable {
    struct LineTooLong: Error {}

    /// A buffer that grew larger is given back once it is empty.
    private static let kept = 4 << 10

    let limit: Int
    private var buffer: [UInt8] = []
    /// The bytes of `buffer` before this are given out, those before `searched` hold no further line end.
    private var start = 0
    private var searched = 0

    init(limit: Int) { self.limit = limit }

    mutating func append(_ bytes: [UInt8]) {
        if start > 0 {
            buffer.removeFirst(start)
            searched -= start
            start = 0
        }
        buffer += bytes
    }

    /// The next whole line that is not empty; nil until more bytes come.
    mutating func next() throws(LineTooLong) -> [UInt8]? {
        while searched < buffer.count {
            defer { searched += 1 }
            guard buffer[searched] == 0x0A else { continue }
            let line = buffer[start..<searched]
            start = searched + 1
            guard line.count <= limit else { throw LineTooLong() }
            if !line.isEmpty { return Array(line) }
        }
        guard buffer.count - start <= limit else { throw LineTooLong() }
        // Until more comes it may take long, and what came first was much.
        if start == buffer.count, buffer.capacity > Self.kept {
            buffer = []
            start = 0
            searched = 0
        }
        return nil
    }

    /// True when a line has begun and not ended.
    var hasRest: Bool { start < buffer.count }
}
