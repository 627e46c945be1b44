// SPDX-License-Identifier: Apache-2.0

import Manifests

/// The annotation of client-side apply, which server-side apply by `kubectl` takes over from and keeps current.
enum LastApplied {
    static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

    /// What client-side apply set and nobody changed since: no conflict for `kubectl`.
    static func owned(of live: Object, _ versions: FieldVersions) -> FieldSet? {
        guard let text = live.annotations[annotation]?.string, let last = (try? JSON.parse(text))?.object,
            last.apiVersion == versions.type.apiVersion,
            TypedValue.problems(.object(last), versions.schema).isEmpty
        else { return nil }
        let comparison = TypedValue.compare(.object(last), .object(live), versions.schema)
        return TypedValue.fieldSet(.object(last), versions.schema)
            .subtracting(comparison.changed).subtracting(comparison.removed)
    }

    static func text(of configuration: Object) -> String {
        var copy = configuration
        if copy.annotations[annotation] != nil { copy.set(nil, at: "metadata", "annotations", annotation) }
        return JSON.text(.object(copy.sortedByKey)) + "\n"
    }
}
