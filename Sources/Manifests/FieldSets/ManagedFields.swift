// SPDX-License-Identifier: Apache-2.0

/// Who owns which fields of an object: `metadata.managedFields`, decoded.
///
/// Source: k8s.io/apimachinery, package util/managedfields, over structured-merge-diff's package merge.
package struct ManagedFields: Sendable, Equatable {
    package struct Manager: Hashable, Sendable {
        package var name: String
        /// `Apply` or `Update`.
        package var operation: String
        package var apiVersion: String
        package var subresource: String

        package init(name: String, operation: String, apiVersion: String, subresource: String = "") {
            self.name = name
            self.operation = operation
            self.apiVersion = apiVersion
            self.subresource = subresource
        }

        package var isApplier: Bool { operation == "Apply" }

        /// One entry: an applier's follows the version it last applied.
        package func isSame(as other: Manager) -> Bool {
            name == other.name && operation == other.operation && subresource == other.subresource
                && (isApplier || apiVersion == other.apiVersion)
        }

        /// What the server sorts managers by where nothing else decides: the JSON of their fields.
        package var identifier: String {
            var object: Object = ["manager": .string(name), "operation": .string(operation)]
            if !isApplier { object["apiVersion"] = .string(apiVersion) }
            if !subresource.isEmpty { object["subresource"] = .string(subresource) }
            return JSON.text(.object(object))
        }

        /// How conflicts name a manager.
        package var conflictText: String {
            var text = JSON.text(.string(name))
            if !subresource.isEmpty { text += " with subresource \(JSON.text(.string(subresource)))" }
            return isApplier ? text : "\(text) using \(apiVersion)"
        }
    }

    package struct Entry: Sendable, Equatable {
        package var manager: Manager
        package var time: String?
        package var set: FieldSet

        package init(manager: Manager, time: String? = nil, set: FieldSet) {
            self.manager = manager
            self.time = time
            self.set = set
        }
    }

    /// At most one a manager.
    package var entries: [Entry] = []

    package init() {}

    /// What an object states; nothing where it cannot be read.
    package init(_ value: Value?) {
        entries = Self.decoded(value) ?? []
    }

    /// Nil for a list that cannot be read.
    package static func decoded(_ value: Value?) -> [Entry]? {
        var result: [Entry] = []
        for entry in value?.array ?? [] {
            guard let operation = entry["operation"]?.string, ["Apply", "Update"].contains(operation),
                let apiVersion = entry["apiVersion"]?.string, !apiVersion.isEmpty,
                entry["fieldsType"]?.string == "FieldsV1"
            else { return nil }
            let manager = Manager(
                name: entry["manager"]?.string ?? "", operation: operation, apiVersion: apiVersion,
                subresource: entry["subresource"]?.string ?? "")
            result.removeAll { $0.manager.isSame(as: manager) }
            result.append(
                Entry(
                    manager: manager, time: entry["time"]?.string, set: FieldSet(fieldsV1: entry["fieldsV1"] ?? [:])))
        }
        return result
    }

    /// Sorted as the server sorts them; nil when nobody owns anything.
    package var value: Value? {
        guard !entries.isEmpty else { return nil }
        let sorted = entries.sorted { left, right in
            (
                left.manager.operation, left.time ?? "", left.manager.name, left.manager.apiVersion,
                left.manager.subresource
            ) < (
                right.manager.operation, right.time ?? "", right.manager.name, right.manager.apiVersion,
                right.manager.subresource
            )
        }
        return .array(sorted.map(\.value))
    }

    package func index(of manager: Manager) -> Int? { entries.firstIndex { $0.manager.isSame(as: manager) } }

    /// The same owners and fields, whatever the times.
    package func isSame(as other: ManagedFields) -> Bool {
        func key(_ fields: ManagedFields) -> Set<OwnedSet> {
            Set(fields.entries.map { OwnedSet(manager: $0.manager, set: $0.set) })
        }
        return key(self) == key(other)
    }

    private struct OwnedSet: Hashable {
        var manager: Manager
        var set: FieldSet
    }
}

extension ManagedFields.Entry {
    fileprivate var value: Value {
        var object: Object = [
            "manager": .string(manager.name), "operation": .string(manager.operation),
            "apiVersion": .string(manager.apiVersion),
        ]
        if let time { object["time"] = .string(time) }
        object["fieldsType"] = "FieldsV1"
        object["fieldsV1"] = set.value
        if !manager.subresource.isEmpty { object["subresource"] = .string(manager.subresource) }
        return .object(object)
    }
}
