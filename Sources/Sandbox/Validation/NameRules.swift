// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Names and labels (RFC 1123, and apimachinery's messages).
enum NameRules {
    static let label =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

    static let subdomain =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

    static let labelValue =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

    static func causes(_ object: Object, _ type: ResourceType) -> [StatusError.Cause] {
        let name = object.name
        var result: [StatusError.Cause] = []
        if name.isEmpty {
            result.append(Validation.required("metadata.name", "name or generateName is required"))
        } else if let why = problem(name, type) {
            result.append(Validation.invalid("metadata.name", .string(name), why))
        }
        for pair in object.labels.pairs where !isLabelValue(pair.value.string ?? "") {
            result.append(Validation.invalid("metadata.labels", pair.value, labelValue))
        }
        return result
    }

    private static func problem(_ name: String, _ type: ResourceType) -> String? {
        switch (type.group, type.kind) {
        case ("", "Namespace"), ("", "Service"):
            if name.utf8.count > 63 { return "must be no more than 63 bytes" }
            return isLabel(name) ? nil : label
        case ("rbac.authorization.k8s.io", _):
            return name.contains("/") || name.contains("%") ? "may not contain '/'" : nil
        default:
            if name.utf8.count > 253 { return "must be no more than 253 bytes" }
            return isSubdomain(name) ? nil : subdomain
        }
    }

    static func isLabel(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
            && bytes.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    static func isSubdomain(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel(String($0)) }
    }

    static func isLabelValue(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last else { return true }
        return bytes.count <= 63 && isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
