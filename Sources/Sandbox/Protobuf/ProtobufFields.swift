// SPDX-License-Identifier: Apache-2.0

import Manifests

/// How Kubernetes' types are written in protobuf: the numbers of their fields, joined with the shapes of `TypeTable`.
///
/// The notation of the data: a line with a message's name; below it, indented, its fields in the order of the Go type,
/// with `;` between them. A field is `NAME=NUMBER` and how Go's JSON encoder treats it when it holds nothing: left out
/// because it is a pointer, list or map that is not there (no mark), left out because it is zero (`-`), written as zero
/// (`!`), or written as null (`?`). `+MESSAGE=NUMBER` is a message whose fields stand in the surrounding object in JSON.
struct ProtobufFields: Sendable {
    /// Read once, at first use.
    static let builtIn = ProtobufFields(parsing: data)

    enum Presence: Sendable { case optional, omitsZero, writesZero, writesNull }

    enum Content: Sendable {
        case field(name: String, presence: Presence)
        case inlined(message: String)
    }

    struct Entry: Sendable {
        var number: Int
        var content: Content
    }

    private let messages: [String: [Entry]]
    /// By message and field, with inlined fields where JSON has them.
    private let presences: [String: [String: Presence]]

    init(parsing text: String) {
        var messages: [String: [Entry]] = [:]
        var name = ""
        for line in text.split(separator: "\n") {
            if line.first == " " {
                messages[name, default: []] += line.split(separator: ";").compactMap(Self.entry)
            } else {
                name = String(line)
                messages[name] = []
            }
        }
        self.messages = messages
        presences = messages.keys.reduce(into: [:]) { $0[$1] = Self.presences($1, messages) }
    }

    private static func presences(_ message: String, _ messages: [String: [Entry]]) -> [String: Presence] {
        (messages[message] ?? []).reduce(into: [:]) { result, entry in
            switch entry.content {
            case .field(let name, let presence): result[name] = presence
            case .inlined(let message): result.merge(presences(message, messages)) { own, _ in own }
            }
        }
    }

    /// The entries of a message in declared order; nil for a message that is not known.
    subscript(message: String) -> [Entry]? { messages[message] }

    /// How a type's field is written when it holds nothing; nil for a type or field that is not known.
    func presence(of field: String, in message: String) -> Presence? { presences[message]?[field] }

    private static func entry(_ text: Substring) -> Entry? {
        let sides = text.filter { $0 != " " }.split(separator: "=")
        guard sides.count == 2, let number = Int(sides[1].filter(\.isNumber)) else { return nil }
        if sides[0].hasPrefix("+") {
            return Entry(number: number, content: .inlined(message: String(sides[0].dropFirst())))
        }
        let presence: Presence =
            switch sides[1].last {
            case "-": .omitsZero
            case "!": .writesZero
            case "?": .writesNull
            default: .optional
            }
        return Entry(number: number, content: .field(name: String(sides[0]), presence: presence))
    }
}
