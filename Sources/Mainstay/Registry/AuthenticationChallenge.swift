// SPDX-License-Identifier: Apache-2.0

/// What a `WWW-Authenticate` header asks for (RFC 9110, section 11.6.1).
struct AuthenticationChallenge: Sendable, Equatable {
    /// In lower case: `bearer`.
    var scheme: String
    /// Names in lower case.
    var parameters: [String: String] = [:]

    private static let longestHeader = 8 << 10

    /// All of a header's, in order. What is not well formed ends the list.
    static func all(in header: String) -> [AuthenticationChallenge] {
        guard header.utf8.count <= longestHeader else { return [] }
        var scanner = Scanner(bytes: Array(header.utf8))
        var challenges: [AuthenticationChallenge] = []
        while true {
            scanner.skip(" \t,")
            guard let word = scanner.token() else { return challenges }
            scanner.skip(" \t")
            guard scanner.take("=") else {
                challenges.append(AuthenticationChallenge(scheme: word.lowercased()))
                continue
            }
            scanner.skip(" \t")
            guard let last = challenges.indices.last, let value = scanner.value() else { return challenges }
            if challenges[last].parameters[word.lowercased()] == nil {
                challenges[last].parameters[word.lowercased()] = value
            }
        }
    }
}

private struct Scanner {
    let bytes: [UInt8]
    private var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func skip(_ characters: String) {
        while place < bytes.count, characters.utf8.contains(bytes[place]) { place += 1 }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    /// Nil where none begins here.
    mutating func token() -> String? {
        let start = place
        while place < bytes.count, !" \t,=\"".utf8.contains(bytes[place]) { place += 1 }
        return place == start ? nil : String(decoding: bytes[start..<place], as: UTF8.self)
    }

    /// A token or a quoted string; nil where neither is complete.
    mutating func value() -> String? {
        guard take("\"") else { return token() }
        var text: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), place < bytes.count {
                text.append(bytes[place])
                place += 1
            } else {
                text.append(byte)
            }
        }
        return nil
    }
}
