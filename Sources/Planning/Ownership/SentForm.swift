// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Rendered manifests as they are sent: what a server-side apply must not hold is left out, and what it holds in a form
/// that ownership cannot follow is rewritten. Pure, and the same when done twice.
package enum SentForm {
    /// - Parameters:
    ///   - source: see `SourceMark`; empty where it is not known.
    ///   - digest: over what was rendered: hooks are named after it.
    ///   - checks: a Job that is one of them is a hook that runs once all else is healthy.
    package static func manifests(
        _ rendered: [Manifest], of target: TargetID, source: String = "", digest: String,
        checks: [Application.Check] = []
    ) -> [Manifest] {
        let jobs = checks.compactMap(\.job)
        return rendered.flatMap { Hook.runs(of: $0.asCheck(among: jobs), digest: digest) }.map {
            sent($0, of: target, source)
        }
    }

    /// What is made when the application is removed, and at no other time; in order, by the wave stated and as the
    /// manifests have them.
    package static func removalHooks(
        _ rendered: [Manifest], of target: TargetID, source: String = "", digest: String
    ) -> [RemovalHook] {
        let hooks = rendered.flatMap { RemovalHook.runs(of: $0, digest: digest) }
        let order = hooks.indices.sorted { left, right in
            func key(_ number: Int) -> (Int, Int, Int) {
                let manifest = hooks[number].manifest
                return (AnnotationEdges.wave(of: manifest.object) ?? 0, manifest.place, number)
            }
            return key(left) < key(right)
        }
        return order.map { hooks[$0] }.map { hook in
            RemovalHook(phase: hook.phase, manifest: sent(hook.manifest, of: target, source))
        }
    }

    private static func sent(_ manifest: Manifest, of target: TargetID, _ source: String) -> Manifest {
        var sent = manifest
        sent.object = object(manifest.object)
        if !source.isEmpty { sent.object.set(.string(source), at: "metadata", "annotations", SourceMark.key) }
        sent.object.set(
            .string(OwnerLabel.value(target: target, id: sent.id)), at: "metadata", "labels", OwnerLabel.key)
        return sent
    }

    /// What the objects' marks ask for that means nothing here, each with its object.
    package static func notes(_ rendered: [Manifest]) -> [String] {
        rendered.flatMap { manifest in
            (ObjectMarks(manifest.object).notes + Hook.notes(on: manifest.object)
                + AnnotationEdges.notes(on: manifest.object)).map { "\(manifest.id): \($0)" }
        }
    }

    package static func object(_ rendered: Object) -> Object {
        var object = rendered
        object["status"] = nil
        for field in serverFields where object.value(at: "metadata", field) != nil {
            object.set(nil, at: "metadata", field)
        }
        if object.annotations[lastApplied] != nil { object.set(nil, at: "metadata", "annotations", lastApplied) }
        switch (object.groupVersionKind.group, object.kind) {
        case ("", "Secret"): encodeStringData(of: &object)
        case ("rbac.authorization.k8s.io", "ClusterRole"):
            // Its controller takes `rules` at once: stated, they are a conflict for ever.
            if object["aggregationRule"].map({ !$0.isNull }) == true { object["rules"] = nil }
        default: break
        }
        return object
    }

    /// What the server keeps about an object. `uid` is a precondition, sent only once it is known.
    private static let serverFields = [
        "managedFields", "creationTimestamp", "resourceVersion", "generation", "selfLink", "uid", "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ]
    package static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

    /// `stringData` is write-only: ownership of it says nothing of what is in `data`, where a dropped key stays and a
    /// change by others is no conflict. Values that are no text are left for validation to name.
    private static func encodeStringData(of object: inout Object) {
        guard let texts = object["stringData"]?.object else { return }
        guard object["data"] == nil || object["data"]?.object != nil || object["data"]?.isNull == true else { return }
        var data = object["data"]?.object ?? Object()
        var rest = Object()
        for pair in texts.pairs {
            if let text = pair.value.string {
                data[pair.key] = .string(Base64.encode(Array(text.utf8)))
            } else {
                rest[pair.key] = pair.value
            }
        }
        if !data.isEmpty || object["data"] != nil { object["data"] = .object(data) }
        object["stringData"] = rest.isEmpty ? nil : .object(rest)
    }
}
