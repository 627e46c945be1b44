// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// What is secret in Secrets: their values, as they stand there, decoded, and line by line; the passwords that a value holds
/// among other things; and all of it as programs write it into JSON and addresses.
package enum SecretValues {
    /// - Parameters:
    ///   - secrets: as in git or as live.
    ///   - lineBytes: shorter lines of a value are left out: they would be words.
    package static func all(of secrets: [Object], lineBytes: Int) -> Set<String> {
        var values: Set<String> = []
        for secret in secrets {
            for field in ["data", "stringData"] {
                for pair in secret[field]?.object?.pairs ?? [] {
                    guard let text = pair.value.string else { continue }
                    values.insert(text)
                    let plain = Base64.decode(text).flatMap { String(validating: $0, as: UTF8.self) } ?? text
                    values.insert(plain)
                    // Who makes one of a file mostly has a line end at its end, which no program prints.
                    values.insert(plain.trimmed)
                    values.formUnion(
                        plain.split(whereSeparator: \.isNewline).map(String.init).filter { $0.utf8.count >= lineBytes })
                    values.formUnion(passwords(in: plain))
                }
            }
        }
        return values.union(values.flatMap(spellings))
    }

    // MARK: Parts

    /// Shorter ones, such as `none`, are words.
    private static let shortestPart = 6

    /// Of a file of settings, of a `.dockerconfigjson`, of a database's address: what is secret in it.
    private static func passwords(in text: String) -> [String] {
        var found = addressPasswords(in: text)
        if text.trimmed.hasPrefix("{"), let document = try? JSON.parse(Array(text.utf8)) {
            found += passwords(in: document, named: "")
        } else {
            for line in text.split(whereSeparator: \.isNewline) {
                guard let end = line.firstIndex(where: { $0 == "=" || $0 == ":" }),
                    SecretName.isMeant(by: String(line[..<end]))
                else { continue }
                found.append(String(line[line.index(after: end)...]).trimmed.unquoted)
            }
        }
        return found.filter { $0.utf8.count >= shortestPart }
    }

    private static func passwords(in value: Value, named name: String) -> [String] {
        switch value {
        case .object(let object): object.pairs.flatMap { passwords(in: $0.value, named: $0.key) }
        case .array(let items): items.flatMap { passwords(in: $0, named: name) }
        case .string(let text) where name == "auth":
            // Of a registry: user and password (Docker's config.json).
            [text]
                + (decoded(text).map { [String($0[$0.index(after: $0.firstIndex(of: ":") ?? $0.startIndex)...])] } ?? [])
        case .string(let text): addressPasswords(in: text) + (SecretName.isMeant(by: name) ? [text] : [])
        default: []
        }
    }

    private static func decoded(_ text: String) -> String? {
        Base64.decode(text).flatMap { String(validating: $0, as: UTF8.self) }.flatMap { $0.contains(":") ? $0 : nil }
    }

    /// As it stands there, and as it is meant.
    private static func addressPasswords(in text: String) -> [String] {
        guard text.contains("://") else { return [] }
        return text.matches(of: /:\/\/[^\s\/@:]*:([^\s\/@]+)@/).flatMap { match in
            [String(match.1), percentDecoded(match.1)].filter { $0.utf8.count >= shortestPart }
        }
    }

    private static func percentDecoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let first = rest.first {
            if first == UInt8(ascii: "%"),
                let byte = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Spellings

    /// Longer ones are files: their lines are looked for.
    private static let longestSpelled = 1024

    /// As a part of JSON, of Go's JSON, and of an address.
    private static func spellings(_ value: String) -> [String] {
        guard value.utf8.count <= longestSpelled else { return [] }
        let json = String(JSON.text(.string(value)).dropFirst().dropLast())
        let go = json.replacing("&", with: "\\u0026").replacing("<", with: "\\u003c").replacing(">", with: "\\u003e")
        return [json, go, value.percentEncoded].filter { $0 != value }
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    fileprivate var unquoted: String {
        for quote in ["\"", "'"] where count >= 2 && hasPrefix(quote) && hasSuffix(quote) {
            return String(dropFirst().dropLast())
        }
        return self
    }
}
