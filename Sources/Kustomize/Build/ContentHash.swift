// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The suffix that kustomize puts on the names of generated ConfigMaps and Secrets: the first ten digits of a SHA-256
/// over a canonical JSON form of kind, type and data, some digits replaced by letters that spell nothing.
enum ContentHash {
    static func suffix(of object: Object) -> String {
        let digest = ContentDigest.sha256Hex(GoJSON.bytes(.object(hashed(object))))
        return String(
            digest.prefix(10).map { digit -> Character in
                switch digit {
                case "0": "g"
                case "1": "h"
                case "3": "k"
                case "a": "m"
                case "e": "t"
                default: digit
                }
            })
    }

    private static func hashed(_ object: Object) -> Object {
        let optionalField: String
        var fields: Object
        switch object.kind {
        case "ConfigMap":
            optionalField = "binaryData"
            fields = ["kind": "ConfigMap"]
        case "Secret":
            optionalField = "stringData"
            fields = ["kind": "Secret", "type": object["type"] ?? ""]
        default: return object
        }
        // Kustomize means to hash the name too, but has always looked it up where it is not: equal data, equal suffix.
        fields["name"] = ""
        fields["data"] = object["data"] ?? ""
        if let value = object[optionalField], value.object != nil { fields[optionalField] = value }
        return fields
    }
}

/// JSON as Go's `encoding/json` writes it: keys sorted, `<`, `>`, `&` and the two Unicode line separators escaped.
enum GoJSON {
    static func bytes(_ value: Value) -> [UInt8] {
        var bytes: [UInt8] = []
        write(value, to: &bytes)
        return bytes
    }

    /// Two spaces a level (`MarshalIndent`).
    static func indented(_ value: Value) -> [UInt8] {
        var bytes: [UInt8] = []
        write(value, indent: 0, to: &bytes)
        return bytes
    }

    private static func write(_ value: Value, indent: Int, to bytes: inout [UInt8]) {
        func line(_ indent: Int) { bytes.append(contentsOf: ("\n" + String(repeating: "  ", count: indent)).utf8) }
        switch value {
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                bytes.append(UInt8(ascii: index == 0 ? "[" : ","))
                line(indent + 1)
                write(element, indent: indent + 1, to: &bytes)
            }
            line(indent)
            bytes.append(UInt8(ascii: "]"))
        case .object(let object) where !object.isEmpty:
            let pairs = object.pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, pair) in pairs.enumerated() {
                bytes.append(UInt8(ascii: index == 0 ? "{" : ","))
                line(indent + 1)
                write(pair.key, to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                write(pair.value, indent: indent + 1, to: &bytes)
            }
            line(indent)
            bytes.append(UInt8(ascii: "}"))
        default: write(value, to: &bytes)
        }
    }

    private static func write(_ value: Value, to bytes: inout [UInt8]) {
        switch value {
        case .string(let text): write(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            let pairs = object.pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            bytes.append(UInt8(ascii: "{"))
            for (index, pair) in pairs.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(pair.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                write(pair.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        case .number(let text):
            // Whole numbers beyond 64 bits are floats to Go too.
            bytes.append(contentsOf: (Double(text).map(GoNumber.json) ?? text).utf8)
        default: bytes.append(contentsOf: JSON.bytes(value))
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes.append(contentsOf: #"\""#.utf8)
            case "\\": bytes.append(contentsOf: #"\\"#.utf8)
            case "\n": bytes.append(contentsOf: #"\n"#.utf8)
            case "\r": bytes.append(contentsOf: #"\r"#.utf8)
            case "\t": bytes.append(contentsOf: #"\t"#.utf8)
            case "\u{8}": bytes.append(contentsOf: #"\b"#.utf8)
            case "\u{C}": bytes.append(contentsOf: #"\f"#.utf8)
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..."\u{1F}":
                let hex = String(scalar.value, radix: 16)
                bytes.append(contentsOf: (#"\u"# + String(repeating: "0", count: 4 - hex.count) + hex).utf8)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
