// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Takes secrets out of objects before anything of them is compared or shown: in their place stand short keyed hashes,
/// which differ where the values do and say nothing else.
///
/// Hidden are a Secret's values, what repeats one elsewhere, the credentials of addresses, and values whose name says
/// that they are secret (`DATABASE_PASSWORD`, `token`).
package struct PlanRedaction: Sendable {
    private let hash: @Sendable (String) -> String
    /// Values of Secrets, longest first.
    private let known: [String]
    private let whole: Set<String>

    /// - Parameters:
    ///   - secrets: the Secrets at hand, as in git and as live.
    ///   - hash: keyed, short, of hexadecimal digits. The key should live no longer than what is shown together.
    package init(secrets: [Object], hash: @escaping @Sendable (String) -> String) {
        self.hash = hash
        let values = SecretValues.all(of: secrets, lineBytes: 0)
        // Shorter ones would take words out of innocent values.
        whole = values.filter { $0.utf8.count >= 4 }
        known = values.filter { $0.utf8.count >= 6 }.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }

    /// The object without secrets, and without what the server keeps about it.
    package func shown(_ object: Object) -> Object {
        var shown = object.withoutServerFields
        if object.kind == "Secret", object.groupVersionKind.group.isEmpty {
            // Whatever else stands there is a mistake, and may be a value in the wrong place.
            for pair in shown.pairs where !["apiVersion", "kind", "metadata", "type"].contains(pair.key) {
                if pair.value.bool == nil { shown[pair.key] = hidden(pair.value) }
            }
        }
        for key in Self.copies where shown.annotations[key] != nil {
            shown.set(shown.annotations[key].map(hidden), at: "metadata", "annotations", key)
        }
        return Object(
            uniqueKeysWithValues: shown.pairs.map { pair in
                let isNamed = pair.key == "data" && object.kind == "ConfigMap"
                return .init(key: pair.key, value: value(pair.value, name: pair.key, isNamed: isNamed))
            })
    }

    /// Annotations that hold a copy of the whole object.
    private static let copies = ["kubectl.kubernetes.io/last-applied-configuration"]

    // MARK: Values

    /// Everything in it, hidden.
    private func hidden(_ value: Value) -> Value {
        switch value {
        case .object(let object):
            .object(
                Object(uniqueKeysWithValues: object.pairs.map { .init(key: $0.key, value: hidden($0.value)) }))
        case .array(let items): .array(items.map(hidden))
        case .null: .null
        case .string(let text): .string(mark(text))
        default: .string(mark(JSON.text(value)))
        }
    }

    private func mark(_ text: String) -> String {
        // What is hidden already stays as it is.
        if text.hasPrefix("(hash "), text.hasSuffix(")"), text.utf8.count < 32 { return text }
        return "(hash \(hash(text)))"
    }

    /// - Parameter isNamed: the names of its members are chosen by people, and may say that a value is secret.
    private func value(_ value: Value, name: String, isNamed: Bool = false) -> Value {
        switch value {
        case .object(let object):
            // {name: DATABASE_PASSWORD, value: …}
            if let key = object["name"]?.string, let text = object["value"], SecretName.isMeant(by: key) {
                var entry = object
                entry["value"] = hidden(text)
                return .object(entry)
            }
            return .object(
                Object(
                    uniqueKeysWithValues: object.pairs.map { pair in
                        let isSecret =
                            isNamed ? SecretName.isMeant(by: pair.key) : SecretName.isField(pair.key)
                        let isScalar = pair.value.object == nil && pair.value.array == nil
                        return .init(
                            key: pair.key,
                            value: isSecret && isScalar ? hidden(pair.value) : self.value(pair.value, name: pair.key))
                    }))
        case .array(let items): return .array(self.items(items, name: name))
        case .string(let text): return .string(self.text(text, name: name))
        default: return value
        }
    }

    /// The items of a list; what follows a `--password` is one.
    private func items(_ items: [Value], name: String) -> [Value] {
        var isNext = false
        return items.map { item in
            defer { isNext = item.string.map { $0.hasPrefix("-") && SecretName.isMeant(by: $0) } ?? false }
            return isNext && item.string?.hasPrefix("-") == false ? hidden(item) : value(item, name: name)
        }
    }

    /// Fields that say what an object is, is called or belongs to: a Secret's value that is also a name is none.
    private static let names: Set = ["name", "namespace", "kind", "apiVersion", "image"]

    private func text(_ text: String, name: String) -> String {
        guard !Self.names.contains(name), !text.hasPrefix("(hash ") else { return text }
        if whole.contains(text) { return mark(text) }
        var result = text
        for secret in known where result.utf8.count >= secret.utf8.count && result.contains(secret) {
            result = result.replacing(secret, with: mark(secret))
        }
        if result.contains("://") {
            result = result.replacing(/:\/\/([^\s\/@:]*):([^\s\/@]+)@/) { match in
                "://\(match.1):\(mark(String(match.2)))@"
            }
        }
        // PW=… in a shell's command, --password=…
        if result.contains("=") {
            result = result.replacing(/(-{0,2}[A-Za-z_][A-Za-z0-9_.\-]*)=([^\s"';&|]+)/) { match in
                SecretName.isMeant(by: String(match.1)) ? "\(match.1)=\(mark(String(match.2)))" : String(match.0)
            }
        }
        return result
    }
}

extension Object {
    /// Without what the server keeps about an object and nobody states: two states that are equal so far are equal.
    package var withoutServerFields: Object {
        var object = self
        object["status"] = nil
        for key in [
            "managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink",
            "deletionTimestamp", "deletionGracePeriodSeconds",
        ] {
            object.set(nil, at: "metadata", key)
        }
        return object
    }
}
