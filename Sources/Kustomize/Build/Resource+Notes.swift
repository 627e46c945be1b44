// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Kustomize keeps what it knows of an object's past in annotations of the object, where patches meet it: the map is there
/// although the object's file has none, and who replaces it makes kustomize forget.
extension Resource {
    /// True where kustomize has such notes, of past names, of where the object comes from, or that it was generated.
    var hasNotes: Bool { needsHash || !previousIDs.isEmpty || isGenerated || isTracked && provenance != nil }

    /// Stands for all notes while a patch is applied.
    private static let note = "internal.config.kubernetes.io/id"

    /// The object with a note, as a patch is to meet it.
    var notedObject: Object {
        guard hasNotes else { return object }
        var noted = object
        noted.set(.string(""), at: "metadata", "annotations", Self.note)
        return noted
    }

    /// The same without the note itself, for a patch that would put it where nobody takes it out again.
    var objectWithAnnotations: Object {
        var object = object
        if hasNotes, object.value(at: "metadata", "annotations")?.object == nil {
            object.set(.object(Object()), at: "metadata", "annotations")
        }
        return object
    }

    /// Takes over what a patch has made of `notedObject`.
    ///
    /// - Returns: whether the patch has left the note there.
    mutating func adopt(_ patched: Object) -> Bool {
        object = patched
        guard hasNotes else { return true }
        var annotations = object.annotations
        guard annotations[Self.note] != nil else { return false }
        annotations[Self.note] = nil
        object.set(annotations.isEmpty ? nil : .object(annotations), at: "metadata", "annotations")
        return true
    }

    /// Changes the other places of labels and annotations that were changed at one place since: see `sharedPairs`.
    mutating func followSharedPairs(since before: Object) {
        for shared in sharedPairs {
            let changed = shared.paths.lazy.compactMap { [object] path -> Value? in
                let value = object.value(at: path + [shared.key])
                return value == before.value(at: path + [shared.key]) ? nil : value
            }
            guard let value = changed.first else { continue }
            for path in shared.paths where object.value(at: path + [shared.key]) != nil {
                object.set(value, at: (path + [shared.key])[...])
            }
        }
    }

    /// Lets `change` work on annotations that are there for the notes alone.
    mutating func withNotedAnnotations<Failure: Error>(
        _ change: (inout Resource) throws(Failure) -> Void
    ) throws(Failure) {
        guard hasNotes, object.value(at: "metadata", "annotations") == nil else { return try change(&self) }
        object.set(.object(Object()), at: "metadata", "annotations")
        defer {
            if object.annotations.isEmpty { object.set(nil, at: "metadata", "annotations") }
        }
        try change(&self)
    }
}
