// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// How an object is let go of: without our label, and with our entries in its managed fields taken out. Applying less
/// would take the fields themselves away, since nobody else owns them.
package enum OrphanPatch {
    /// JSON patch operations (RFC 6902) for exactly the object that was read; nil for one that is not the target's.
    package static func operations(on object: Object, of target: TargetID) -> [Value]? {
        guard Ownership.owns(target, object) else { return nil }
        let entries = (object.metadata["managedFields"]?.array ?? []).filter { entry in
            entry["manager"]?.string != PruneRules.fieldManager || entry["operation"]?.string != "Apply"
        }
        var operations: [Value] = [
            ["op": "test", "path": "/metadata/uid", "value": .string(object.uid)],
            ["op": "test", "path": "/metadata/resourceVersion", "value": .string(object.resourceVersion)],
            ["op": "remove", "path": .string("/metadata/labels/\(escaped(OwnerLabel.key))")],
        ]
        if object.annotations[SourceMark.key] != nil {
            operations.append(["op": "remove", "path": .string("/metadata/annotations/\(escaped(SourceMark.key))")])
        }
        // An empty list would keep what is there: one empty entry is how the list is reset.
        let rest: [Value] = entries.isEmpty ? [[:]] : entries
        operations.append(["op": "replace", "path": "/metadata/managedFields", "value": .array(rest)])
        return operations
    }

    /// RFC 6901, section 3.
    private static func escaped(_ key: String) -> String {
        key.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }
}
