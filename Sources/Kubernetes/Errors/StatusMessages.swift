// SPDX-License-Identifier: Apache-2.0

/// What of the server's own words may be passed on.
///
/// The server prints values: a Job's 422 holds the whole pod template, a refused Secret its content. So only two
/// things pass: messages of kinds that speak about rights, quota and admission, and our own copies of constant
/// sentences, found by comparing.
enum StatusMessages {
    private static let longestQuote = 1024
    private static let longestField = 300

    /// Words that only messages about rights, quota, admission and namespaces hold.
    private static let quotable = [
        "forbidden: User \"", "exceeded quota: ", "failed quota: ", "admission webhook \"", "violates PodSecurity \"",
        "ValidatingAdmissionPolicy '", "error looking up service account ",
        "is attempting to grant RBAC permissions not currently held", "usage per ", "because it is being terminated",
    ]

    /// The message of a refusal by rights, quota or admission; nil when it may not be quoted.
    static func refusal(_ message: String) -> String? {
        quotable.contains { message.contains($0) } ? cleaned(message, limit: longestQuote) : nil
    }

    /// A webhook's or an admission policy's own words, which come with any status it likes.
    static func admission(_ message: String) -> String? {
        let isAdmission =
            message.hasPrefix("admission webhook \"") && message.contains("\" denied the request")
            || message.contains("is forbidden: ValidatingAdmissionPolicy '") && message.contains(" denied request: ")
        return isAdmission ? cleaned(message, limit: longestQuote) : nil
    }

    /// The name in `failed calling webhook "name"`, the one thing worth knowing of that 500.
    static func failedWebhook(_ message: String) -> String? {
        guard let name = quoted(after: "failed calling webhook ", in: message), isName(name) else { return nil }
        return name
    }

    /// The manager in `conflict with "kubectl-edit" using apps/v1 at …`.
    static func manager(_ message: String) -> String? {
        quoted(after: "conflict with ", in: message).map { cleaned($0, limit: 128) }
    }

    /// Sentences of the server's validation that hold nothing of the object.
    private static let sentences = [
        "field is immutable", "field is immutable when `immutable` is set", "may not change once set",
        "cannot change roleRef", "must be greater than or equal to 0", "must be greater than 0",
        "must be between 1 and 65535, inclusive", "may not be 0 when `maxSurge` is 0",
        "`selector` does not match template `labels`", "must be greater than minReadySeconds",
        "must be greater than or equal to `minReplicas`", "minAvailable and maxUnavailable cannot be both set",
        "may not specify more than 1 volume type", "may not specify more than 1 handler type",
        "must specify a handler type", "may not be specified when strategy `type` is 'Recreate'",
        "may not be specified when `value` is not empty", "field can not be less than status.capacity",
        "pathType must be specified", "must be no more than 15 characters", "must be no more than 52 characters",
        "must be no more than 63 characters", "must be no more than 253 characters",
        "must be a standard resource type or fully qualified", "must be a standard resource for containers",
        "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)", "apiVersion must specify API group",
        "is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
        "valid values: \"OnFailure\", \"Never\"", "supported values: \"Always\"",
        "supported values: \"Always\", \"IfNotPresent\", \"Never\"",
        "supported values: \"Recreate\", \"RollingUpdate\"",
        "supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"",
        "supported values: \"ServiceAccount\", \"User\", \"Group\"",
        "supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
            + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]

    /// Rules for names, by the expression that the server ends its explanation with.
    private static let namingRules = [
        (
            "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
            "must be lower case letters, digits, '-' and '.', with a letter or digit at each end"
        ),
        (
            "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
            "must be lower case letters, digits and '-', with a letter or digit at each end"
        ),
        ("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]", "a key must be letters, digits, '-', '_' and '.'"),
        ("(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", "a label's value must be letters, digits, '-', '_' and '.'"),
        ("[-._a-zA-Z0-9]+", "a key must be letters, digits, '-', '_' and '.'"),
    ]

    /// The one of our sentences that a cause's message ends with, or that says what its reason means.
    static func sentence(of cause: StatusAnswer.Cause) -> String? {
        if let known = sentences.first(where: { cause.message.hasSuffix(": \($0)") }) { return known }
        let rule = namingRules.first { cause.message.hasSuffix("regex used for validation is '\($0.0)')") }
        if let rule { return rule.1 }
        return switch cause.reason {
        case "FieldValueRequired": "required value"
        case "FieldValueDuplicate": "duplicate value"
        case "FieldValueNotFound": "refers to something that does not exist"
        case "FieldValueNotSupported": "unsupported value"
        case "FieldValueForbidden": "forbidden"
        case "FieldValueInvalid": "invalid value"
        case "FieldValueTooLong": "too long"
        case "FieldValueTooMany": "too many items"
        case "FieldValueTypeInvalid": "wrong type"
        default: nil
        }
    }

    static func field(_ path: String) -> String { cleaned(path, limit: longestField) }

    static func reason(_ word: String) -> String { isWord(word) ? word : "" }

    /// One line, bounded, without control characters.
    static func cleaned(_ text: String, limit: Int) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            result.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return text.unicodeScalars.count > limit ? result + "…" : result
    }

    private static func quoted(after prefix: String, in message: String) -> String? {
        guard let start = message.range(ofText: prefix + "\"") else { return nil }
        let rest = message[start.upperBound...]
        guard let end = rest.firstIndex(of: "\"") else { return nil }
        return String(rest[..<end])
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x2E
            }
    }

    private static func isWord(_ text: String) -> Bool {
        text.utf8.count <= 64 && text.utf8.allSatisfy { (0x41...0x5A).contains($0 & 0xDF) }
    }
}

extension StringProtocol {
    /// The first place of a text, as bytes compare (no Foundation, no Unicode folding).
    func range(ofText needle: String) -> Range<Index>? {
        let haystack = utf8
        var start = haystack.startIndex
        while start < haystack.endIndex {
            if haystack[start...].starts(with: needle.utf8) {
                return start..<haystack.index(start, offsetBy: needle.utf8.count)
            }
            start = haystack.index(after: start)
        }
        return nil
    }
}
