// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Takes fields from other managers by rewriting `metadata.managedFields`: what is ours and not sent, the next apply
/// removes. A plain apply reverts nothing that somebody added, forced or not.
package enum FieldTakeover {
    /// The JSON patch (RFC 6902) that moves the fields to us; nil where none can be moved. It tests the resource version,
    /// so that it meets no other object than was read.
    package static func patch(_ live: Object, taking differences: [DriftDifference]) -> [Value]? {
        var fields = ManagedFields(live.metadata["managedFields"])
        guard let place = fields.entries.firstIndex(where: \.isOurs) else { return nil }
        let apiVersion = fields.entries[place].manager.apiVersion
        var own = fields.entries[place].set
        let before = own
        for index in fields.entries.indices where fields.entries[index].isTakeable(apiVersion) {
            let name = fields.entries[index].manager.name
            let paths = differences.filter { $0.manager == name }.map(\.path)
            let (taken, rest) = split(fields.entries[index].set, paths, own: before)
            own = own.union(taken)
            fields.entries[index].set = rest
        }
        guard own != before else { return nil }
        fields.entries[place].set = own
        fields.entries.removeAll { $0.set.isEmpty }
        return patch(live, fields)
    }

    /// The JSON patch that ends the entry which the server makes up for an object whose managed fields were reset: it
    /// would own, besides us, all that we own. Nil where there is none.
    package static func patchEndingMadeUpEntry(_ live: Object) -> [Value]? {
        var fields = ManagedFields(live.metadata["managedFields"])
        let count = fields.entries.count
        fields.entries.removeAll { $0.manager.name == "before-first-apply" && !$0.manager.isApplier }
        return fields.entries.count == count ? nil : patch(live, fields)
    }

    private static func patch(_ live: Object, _ fields: ManagedFields) -> [Value]? {
        guard let value = fields.value, !live.resourceVersion.isEmpty else { return nil }
        return [
            ["op": "test", "path": "/metadata/resourceVersion", "value": .string(live.resourceVersion)],
            ["op": "replace", "path": "/metadata/managedFields", "value": value],
        ]
    }

    /// What of a set is at the paths or below them, and what is not. A map that only holds what is taken goes along.
    private static func split(_ set: FieldSet, _ paths: [[PathElement]], own: FieldSet) -> (FieldSet, FieldSet) {
        var wanted = FieldSet()
        for path in paths { wanted.insert(path) }
        var taken = set.keepingSubtrees(wanted)
        var rest = set.subtractingSubtrees(wanted)
        for path in paths where taken.touches(path[...]) {
            for length in stride(from: path.count - 1, to: 0, by: -1) {
                let above = Array(path.prefix(length))
                guard rest.contains(above), !rest.hasFields(below: above[...]), !own.touches(above[...]) else { break }
                taken.insert(above)
                rest = rest.subtracting(FieldSet(path: above))
            }
        }
        return (taken, rest)
    }
}

extension ManagedFields.Entry {
    /// Paths of another version name other fields.
    fileprivate func isTakeable(_ apiVersion: String) -> Bool {
        !isOurs && manager.apiVersion == apiVersion && manager.subresource != "status"
    }
}

extension FieldSet {
    fileprivate init(path: [PathElement]) {
        self.init()
        insert(path)
    }

    fileprivate func hasFields(below path: ArraySlice<PathElement>) -> Bool {
        guard let first = path.first else { return !isEmpty }
        return children[first]?.hasFields(below: path.dropFirst()) ?? false
    }
}
