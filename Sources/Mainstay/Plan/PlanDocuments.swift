// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Planning

/// A plan as files: each object that changes, as it is and as it would be, in YAML. Secrets are hashes by now.
struct PlanDocuments {
    struct Document {
        /// As `kubectl diff` names files: `apps.v1.Deployment.staging.api`.
        var name: String
        /// Empty where there is none.
        var old: String
        var new: String
    }

    let documents: [Document]

    init(_ report: PlanReport) {
        documents = report.entries.compactMap { entry in
            guard entry.action.isChange || (entry.action == .refused && entry.before != nil) else { return nil }
            guard let object = entry.after ?? entry.before else { return nil }
            return Document(
                name: Self.name(of: object), old: Self.text(entry.before),
                new: Self.text(entry.action == .prune ? nil : entry.after))
        }
    }

    /// All of them as one text, as `diff -u` prints files.
    var unified: String {
        documents.map { document in
            UnifiedDiff.text(
                old: document.old, new: document.new, oldName: "live/\(document.name)",
                newName: "planned/\(document.name)")
        }.joined()
    }

    private static func text(_ object: Object?) -> String {
        object.map { YAML.text(.object($0.inPrintedOrder)) } ?? ""
    }

    private static func name(of object: Object) -> String {
        let kind = object.groupVersionKind
        return [kind.group, kind.version, kind.kind, object.namespace, object.name].filter { !$0.isEmpty }
            .joined(separator: ".")
    }
}
