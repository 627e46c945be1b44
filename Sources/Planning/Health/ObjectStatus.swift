// SPDX-License-Identifier: Apache-2.0

import Manifests

/// A condition of an object's status.
struct Condition {
    var type: String
    /// `True`, `False` or `Unknown`.
    var status: String
    /// The controller's word, when it is one: nothing that could carry a text of others.
    var reason: String
    /// Never shown but where the design's list allows it.
    var message: String
    var observedGeneration: Int64?
    var lastTransition: Timestamp?
    var lastUpdate: Timestamp?

    var isTrue: Bool { status == "True" }
    var isFalse: Bool { status == "False" }

    /// `Ready is False (SecretSyncedError)`.
    var summary: String { "\(type) is \(status)" + (reason.isEmpty ? "" : " (\(reason))") }

    /// The same, with the message where it is of a kind whose messages may be quoted.
    func told(by group: String) -> String {
        let quote = QuotedConditions.quote(message, by: group)
        return quote.isEmpty ? summary : "\(summary): \(quote)"
    }

    init?(_ value: Value) {
        guard let type = value["type"]?.string, let status = value["status"]?.string else { return nil }
        self.type = SafeText.word(type)
        self.status = SafeText.word(status)
        reason = SafeText.word(value["reason"]?.string ?? "")
        message = value["message"]?.string ?? ""
        observedGeneration = value["observedGeneration"]?.integer
        lastTransition = value["lastTransitionTime"]?.string.flatMap { Timestamp($0) }
        lastUpdate = value["lastUpdateTime"]?.string.flatMap { Timestamp($0) }
    }
}

/// A live object's status, read with the care that a stale one needs.
struct ObjectStatus {
    let object: Object
    let status: Object
    let conditions: [Condition]

    init(_ object: Object) {
        self.object = object
        status = object["status"]?.object ?? Object()
        conditions = (status["conditions"]?.array ?? []).compactMap(Condition.init)
    }

    func condition(_ type: String) -> Condition? { conditions.first { $0.type == type } }

    /// A counter; servers leave out those that are zero.
    func count(_ key: String) -> Int64 { status[key]?.integer ?? 0 }

    var observedGeneration: Int64? { status["observedGeneration"]?.integer }

    /// `spec.replicas`, 1 where it is left out.
    var replicas: Int64 { object.value(at: "spec", "replicas")?.integer ?? 1 }
}

/// Texts from the API that may be shown.
enum SafeText {
    /// A word for machines: letters, digits and `-_.:/`, at most 128 bytes; empty for anything else.
    static func word(_ text: String) -> String {
        let allowed =
            text.utf8.count <= 128
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x3A, 0x5F: true
                default: false
                }
            }
        return allowed ? text : ""
    }

    /// A message of a kind that may be quoted: one line, bounded, without the user of an address and without its query: what is
    /// fetched of a cloud is signed there.
    static func quote(_ text: String, limit: Int = 300) -> String {
        let text = withoutCredentials(text)
        var line = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            line.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return line.unicodeScalars.count < text.unicodeScalars.count ? line + "…" : line
    }

    /// Of a text of any length, no more is looked at than could be quoted.
    private static let longest = 16_384

    private static func withoutCredentials(_ text: String) -> String {
        guard text.contains("://") else { return text }
        return String(text.prefix(longest)).replacing(/:\/\/[^\s\/@]+@/, with: "://[secret]@")
            .replacing(/(:\/\/[^\s?"']+)\?[^\s"']+/) { "\($0.1)?…" }
    }
}
