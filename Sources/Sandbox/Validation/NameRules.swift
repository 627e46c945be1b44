// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What is wrong with a text that names something; nothing when it is right (RFC 1123 and 1035, and apimachinery's
/// `content` and `validation` packages for the words).
enum NameRules {
    static let labelPattern =
        "must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

    static let dns1035 =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

    static let portRange = "must be between 1 and 65535, inclusive"

    static func tooLong(_ limit: Int) -> String { "must be no more than \(limit) characters" }

    static func label(_ text: String) -> [String] {
        var result = text.utf8.count > 63 ? [tooLong(63)] : []
        if !isLabel(text) {
            result.append(isSubdomain(text) ? "must not contain dots" : "a lowercase RFC 1123 label \(labelPattern)")
        }
        return result
    }

    static func subdomain(_ text: String) -> [String] {
        var result = text.utf8.count > 253 ? [tooLong(253)] : []
        if !isSubdomain(text) {
            result.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            )
        }
        return result
    }

    static func wildcardSubdomain(_ text: String) -> [String] {
        var result = text.utf8.count > 253 ? [tooLong(253)] : []
        if !text.hasPrefix("*.") || !isSubdomain(String(text.dropFirst(2))) {
            result.append(
                "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            )
        }
        return result
    }

    /// A key of labels, annotations and the like: a name, with a domain before it or without.
    static func qualifiedName(_ text: String) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        var result: [String] = []
        switch parts.count {
        case 1: break
        case 2:
            if parts[0].isEmpty {
                result.append("prefix part must be non-empty")
            } else {
                result += subdomain(parts[0]).map { "prefix part \($0)" }
            }
        default:
            return [
                "a qualified name \(namePattern) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        let name = parts.last ?? ""
        if name.isEmpty {
            result.append("name part must be non-empty")
        } else if name.utf8.count > 63 {
            result.append("name part \(tooLong(63))")
        }
        if !isName(name) { result.append("name part \(namePattern)") }
        return result
    }

    private static let namePattern =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

    static func labelValue(_ text: String) -> [String] {
        var result = text.utf8.count > 63 ? [tooLong(63)] : []
        if !text.isEmpty, !isName(text) {
            result.append(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            )
        }
        return result
    }

    static func pathSegment(_ text: String) -> [String] {
        if text == "." || text == ".." { return ["may not be '\(text)'"] }
        return ["/", "%"].filter { text.contains($0) }.map { "may not contain '\($0)'" }
    }

    static func portName(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        var result = bytes.count > 15 ? [tooLong(15)] : []
        if bytes.isEmpty || !bytes.allSatisfy({ isLowerAlphanumeric($0) || $0 == dash }) {
            result.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        }
        if !bytes.contains(where: { isLowerAlphanumeric($0) && !isDigit($0) }) {
            result.append("must contain at least one letter (a-z)")
        }
        if text.contains("--") { result.append("must not contain consecutive hyphens") }
        if bytes.first == dash || bytes.last == dash { result.append("must not begin or end with a hyphen") }
        return result
    }

    static func configKey(_ text: String) -> [String] {
        var result = text.utf8.count > 253 ? [tooLong(253)] : []
        if text.isEmpty || !text.utf8.allSatisfy({ isAlphanumeric($0) || "-_.".utf8.contains($0) }) {
            result.append(
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
            )
        }
        if text == "." || text == ".." {
            result.append("must not be '\(text)'")
        } else if text.hasPrefix("..") {
            result.append("must not start with '..'")
        }
        return result
    }

    static func environmentName(_ text: String) -> [String] {
        if text.isEmpty { return ["environment variable name must be non-empty"] }
        let isPlain = text.unicodeScalars.allSatisfy { (0x20...0x7E).contains($0.value) && $0 != "=" }
        return isPlain
            ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    }

    static func headerName(_ text: String) -> [String] {
        !text.isEmpty && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == dash }
            ? []
            : [
                "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
            ]
    }

    static func percent(_ text: String) -> [String] {
        text.hasSuffix("%") && text.utf8.count > 1 && text.utf8.dropLast().allSatisfy(isDigit)
            ? []
            : [
                "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
            ]
    }

    // MARK: Shapes

    static func isLabel(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
            && bytes.allSatisfy { isLowerAlphanumeric($0) || $0 == dash }
    }

    static func isSubdomain(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel(String($0)) }
    }

    private static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    private static let dash = UInt8(ascii: "-")

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
