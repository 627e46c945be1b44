// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Why an update was refused.
package enum RefusalProbe: Sendable, Equatable {
    /// The manifest is good; only the object that exists cannot become it.
    case immutable
    /// The manifest is wrong; no object could become it.
    case invalid
}

extension KubernetesClient {
    /// Tells an immutable field from a wrong manifest, whose refusals carry the same causes: a dry-run create of the
    /// same manifest under another name is accepted in the first case only.
    ///
    /// Where the name is part of what is checked (a CustomResourceDefinition) the answer is `invalid`, which deletes
    /// nothing.
    package func probe(_ object: Object) async throws(KubernetesError) -> RefusalProbe {
        do throws(KubernetesError) {
            _ = try await create(Self.probe(for: object), dryRun: true)
            return .immutable
        } catch let error where error.code == .invalid {
            return .invalid
        }
    }

    static func probe(for object: Object) -> Object {
        var probe = object
        var metadata = object.metadata
        metadata["name"] = .string("mainstay-probe-\(hexadecimal(FNV.hash(object.objectID.key)))")
        for field in ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"] {
            metadata[field] = nil
        }
        probe["metadata"] = .object(metadata)
        probe["status"] = nil
        return probe
    }

    private static func hexadecimal(_ hash: UInt64) -> String {
        let text = String(UInt32(truncatingIfNeeded: hash), radix: 16)
        return String(repeating: "0", count: 8 - text.utf8.count) + text
    }
}
