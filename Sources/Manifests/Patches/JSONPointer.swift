// SPDX-License-Identifier: Apache-2.0

/// A path of keys and indices (RFC 6901).
struct JSONPointer {
    let text: String
    let parts: [String]
    let flavor: JSONPatch.Flavor

    init(_ text: String, _ flavor: JSONPatch.Flavor) throws(PatchError) {
        guard text.isEmpty || text.hasPrefix("/") || flavor == .kustomize else {
            throw PatchError(path: text, message: "a JSON pointer begins with /")
        }
        self.text = text
        self.flavor = flavor
        parts = try text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            .map { part throws(PatchError) in try Self.unescape(part, flavor) }
    }

    private init(text: String, parts: [String], flavor: JSONPatch.Flavor) {
        self.text = text
        self.parts = parts
        self.flavor = flavor
    }

    /// The path to what holds the last part.
    var parent: JSONPointer { JSONPointer(text: text, parts: Array(parts.dropLast()), flavor: flavor) }

    private static func unescape(_ part: Substring, _ flavor: JSONPatch.Flavor) throws(PatchError) -> String {
        if flavor == .kustomize {
            return String(part).replacing("~1", with: "/").replacing("~0", with: "~")
        }
        guard part.utf8.contains(UInt8(ascii: "~")) else { return String(part) }
        var result: [UInt8] = []
        var bytes = part.utf8.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "~") else {
                result.append(byte)
                continue
            }
            switch bytes.next() {
            case UInt8(ascii: "0"): result.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): result.append(UInt8(ascii: "/"))
            default: throw PatchError(path: String(part), message: "~ is written ~0 in a JSON pointer, and / as ~1")
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
