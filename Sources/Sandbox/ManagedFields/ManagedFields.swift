// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Who owns which fields of an object: `metadata.managedFields`, decoded.
struct ManagedFields: Sendable, Equatable {
    struct Manager: Hashable, Sendable {
        var name: String
        /// `Apply` or `Update`.
        var operation: String
        var apiVersion: String
        var subresource: String

        /// How conflicts name a manager.
        var conflictText: String {
            var text = JSON.text(.string(name))
            if !subresource.isEmpty { text += " with subresource \(JSON.text(.string(subresource)))" }
            return operation == "Update" ? "\(text) using \(apiVersion)" : text
        }
    }

    struct Entry: Sendable, Equatable {
        var manager: Manager
        var time: String?
        var set: FieldSet
    }

    /// At most one a manager (an Apply manager's entry follows its last apiVersion).
    var entries: [Entry] = []

    init() {}

    init(_ value: Value?) {
        entries = (value?.array ?? []).compactMap { entry in
            guard let operation = entry["operation"]?.string, let fields = entry["fieldsV1"] else { return nil }
            let manager = Manager(
                name: entry["manager"]?.string ?? "", operation: operation,
                apiVersion: entry["apiVersion"]?.string ?? "", subresource: entry["subresource"]?.string ?? "")
            return Entry(manager: manager, time: entry["time"]?.string, set: FieldSet(fieldsV1: fields))
        }
    }

    /// Sorted as the server sorts them; nil when nobody owns anything.
    var value: Value? {
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

    func index(of manager: Manager) -> Int? {
        entries.firstIndex { entry in
            entry.manager.name == manager.name && entry.manager.operation == manager.operation
                && entry.manager.subresource == manager.subresource
                && (manager.operation == "Apply" || entry.manager.apiVersion == manager.apiVersion)
        }
    }

    /// The same owners and fields, whatever the times.
    func isSame(as other: ManagedFields) -> Bool {
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
